/** What an agent needs of the protocol to join: loaded when it does. */
export { ENROLL_WIRE, type EnrollClient } from "./enroll-wire.ts";
