"""What a run will need, looked at before anything is paid, downloaded or trained."""
