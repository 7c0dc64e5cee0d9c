import type { DeviceRecord } from "../../src/device/device-record.ts";
import type { Repository } from "../../src/repository/repository.ts";

/** Every device that a repository has, by id. */
export async function allDevices({ devices }: Pick<Repository, "devices">): Promise<readonly DeviceRecord[]> {
  const ids = (await devices.rowsAfter("", Number.MAX_SAFE_INTEGER)).map(({ id }) => id);
  const records = new Map((await devices.getAll(ids)).map((record) => [record.id, record]));
  return ids.flatMap((id) => records.get(id) ?? []);
}
