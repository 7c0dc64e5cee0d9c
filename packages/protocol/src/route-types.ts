import type { z } from "zod";
import type { ENROLL_ROUTES } from "./enroll-routes.ts";
import type { ROUTES } from "./routes.ts";

type AllRoutes = typeof ROUTES & typeof ENROLL_ROUTES;

export type RouteName = keyof typeof ROUTES;

/** What is offered to who wants to join. */
export type EnrollRouteName = keyof typeof ENROLL_ROUTES;

/** A route of whichever listener. */
export type AnyRouteName = keyof AllRoutes;

/** What a route's body is, as the caller writes it. */
export type BodyOf<N extends AnyRouteName> = AllRoutes[N] extends { body: infer B extends z.ZodType }
  ? z.input<B>
  : undefined;

/** What a route answers. */
export type ReplyOf<N extends AnyRouteName> = AllRoutes[N] extends { reply: infer R extends z.ZodType }
  ? AllRoutes[N] extends { mayBeEmpty: true }
    ? z.output<R> | undefined
    : z.output<R>
  : undefined;
