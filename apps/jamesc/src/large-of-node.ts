// What every start needs of Node, before any flag of V8 is another: then Node takes what comes with it compiled, later it
// compiles the sources, and has them in memory as well. To be imported before everything else.
import "node:tls";
import "node:v8";
