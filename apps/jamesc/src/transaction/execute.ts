import type { OpenAreas } from "./area.ts";
import type { Operation } from "./operation.ts";
import type { RootFs } from "./root-fs.ts";

/** An operation that only renames, makes or removes; scripts are the runner's. */
export type FileOperation = Exclude<Operation, { kind: "script" }>;

/** The operation of a kind. */
export type OperationOf<K extends FileOperation["kind"]> = Extract<FileOperation, { kind: K }>;

/** One executor for each kind of operation: a kind without one does not compile. */
export type Executors = {
  readonly [K in FileOperation["kind"]]: (operation: OperationOf<K>, root: RootFs, areas: OpenAreas) => void;
};

/** Hands an operation to the executor of its kind. */
export function execute(
  executors: Executors,
  operation: FileOperation,
  root: RootFs,
  areas: OpenAreas,
): void {
  const executor = executors[operation.kind] as (
    operation: FileOperation,
    root: RootFs,
    areas: OpenAreas,
  ) => void;
  executor(operation, root, areas);
}
