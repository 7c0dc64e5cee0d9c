import { naming } from "../disk/device-error.ts";
import type { RootFs } from "../disk/root-fs.ts";
import type { FileOperation, OperationOf } from "../journal/operation.ts";
import type { OpenAreas } from "./area.ts";

/** One executor for each kind of operation, and what it does in words: a kind without one does not compile. */
export type Executors = {
  readonly [K in FileOperation["kind"]]: {
    readonly doing: string;
    readonly run: (operation: OperationOf<K>, root: RootFs, areas: OpenAreas) => void;
  };
};

/** Hands an operation to the executor of its kind. @throws JamesError naming the path when the system refuses */
export function execute(
  executors: Executors,
  operation: FileOperation,
  root: RootFs,
  areas: OpenAreas,
): void {
  const { doing, run } = executors[operation.kind];
  naming(doing, `/${operation.path}`, () =>
    (run as (operation: FileOperation, root: RootFs, areas: OpenAreas) => void)(operation, root, areas),
  );
}
