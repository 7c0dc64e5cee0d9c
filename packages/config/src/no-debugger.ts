// Node opens a debugger, on a port that anybody on the machine may use, when it gets SIGUSR1: in a program that is root,
// or holds keys, that is root for everybody. Whoever listens for the signal takes its place; the launchers say
// `--disable-sigusr1` besides, which Node 20 does not know. To be imported before everything else.
process.on("SIGUSR1", () => undefined);
