import { constants } from "node:fs";

/** How to open what may have become a link or a FIFO: neither is followed or waited for. Whether it is a file shows fstat(2). */
export const UNTRUSTED_READ = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
