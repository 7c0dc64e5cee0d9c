import type { z } from "zod";
import type { ROUTES } from "./routes.ts";

export type RouteName = keyof typeof ROUTES;

/** What a route's body is, as the caller writes it. */
export type BodyOf<N extends RouteName> = (typeof ROUTES)[N] extends { body: infer B extends z.ZodType }
  ? z.input<B>
  : undefined;

/** What a route answers. */
export type ReplyOf<N extends RouteName> = (typeof ROUTES)[N] extends { reply: infer R extends z.ZodType }
  ? (typeof ROUTES)[N] extends { mayBeEmpty: true }
    ? z.output<R> | undefined
    : z.output<R>
  : undefined;
