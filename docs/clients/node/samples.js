// Asks a generator service what it serves, for one sample, and for a batch: node samples.js ADDRESS
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import grpc from "@grpc/grpc-js";
import loader from "@grpc/proto-loader";

const protos = process.env.PROTOS ?? fileURLToPath(new URL("../../../protos", import.meta.url));
const address = process.argv[2] ?? "localhost:50051";

const definition = loader.loadSync(
  ["generator", "model"].map((name) => `littlegiants/v1/${name}.proto`),
  // seeds have up to 62 bits: a number would lose some
  {
    includeDirs: [protos, `${protos}/third_party`],
    keepCase: true, longs: String, enums: String, defaults: true, oneofs: true,
  },
);
const { littlegiants } = grpc.loadPackageDefinition(definition);
const plaintext = grpc.credentials.createInsecure();
const options = {
  "grpc.max_receive_message_length": 32 * 2 ** 20,
  "grpc.service_config": JSON.stringify({
    loadBalancingConfig: [{ round_robin: {} }],
    methodConfig: [{
      name: [{ service: "littlegiants.v1.GeneratorService" }],
      retryPolicy: {
        maxAttempts: 4, initialBackoff: "0.5s", maxBackoff: "5s", backoffMultiplier: 2,
        retryableStatusCodes: ["UNAVAILABLE", "RESOURCE_EXHAUSTED"],
      },
    }],
  }),
};
const model = new littlegiants.v1.ModelService(address, plaintext, options);
const generator = new littlegiants.v1.GeneratorService(address, plaintext, options);
const deadline = (seconds) => ({ deadline: Date.now() + seconds * 1000 });

// The kind is the name of its attributes' field; attributes that are left out are drawn by the server.
const task = {
  topic: "Home/Gardening/Tools",
  text: "Match a chore to a tool for it.",
  matching_short: {},
};
const request = (seed) => ({ request_id: `chore-${seed}`, task, seed: String(seed) });

function show(result) {
  const { sample, error } = result;
  const what = sample ? `${sample.query} -> ${sample.positive}` : `no sample: ${error.message}`;
  console.log(`${result.request_id}: ${what}`);
}

async function generateBatch(requests) {
  let summary = null;
  for await (const message of generator.GenerateBatch({ requests }, deadline(600))) {
    if (message.result) show(message.result);
    if (message.summary) summary = message.summary;
  }
  if (!summary) throw new Error("the answer was cut: it has no summary");
  return summary;
}

try {
  const info = await promisify(model.GetModelInfo.bind(model))({}, deadline(30));
  console.log(`${address} serves ${info.role} ${info.weights_digest}`);
  const answer = await promisify(generator.Generate.bind(generator))(request(1), deadline(60));
  answer.results.forEach(show);
  const summary = await generateBatch([2, 3, 4].map(request));
  console.log(`${summary.sample_count} samples of ${summary.request_count} requests`);
} catch (error) {
  console.error(`${address}: ${grpc.status[error.code] ?? "ERROR"}: ${error.details ?? error.message}`);
  process.exitCode = 1;
} finally {
  model.close();
  generator.close();
}
