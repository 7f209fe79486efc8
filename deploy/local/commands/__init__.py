"""One module a command or group of commands, each with `register(app)`.

Every call of ./payung imports all of them: import what is heavy (httpx, asyncpg, …) inside the functions."""
