import "@jamesd/config/no-debugger";

// What it makes is nobody else's to read, wherever --data and --output are; SQLite takes no mode for its files.
process.umask(0o077);
const [{ ProcessOutput }, { run }] = await Promise.all([import("@jamesd/config"), import("./run.ts")]);
const output = new ProcessOutput("jamesd");
process.exitCode = await output.end(await run(process.argv.slice(2), output, process.env));
