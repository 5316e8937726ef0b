// Uses the generated types against a live server: node usage.js URL TOKEN ENVIRONMENT
// Prints how often a quota came back as it was sent.

import type { components, paths } from "./schema";

type Method = "get" | "post" | "put" | "delete";
type Json<T> = T extends { content: { "application/json": infer Body } } ? Body : never;
type Success<T> = T extends { responses: infer R } ? Json<R[Extract<keyof R, 200 | 201>]> : never;
type RequestBody<T> = T extends { requestBody?: infer B } ? Json<NonNullable<B>> : never;
type PathParameters<T> = T extends { parameters: { path: infer P } } ? P : Record<string, never>;

declare const process: { argv: string[] };

const [url, token, environment] = process.argv.slice(2) as [string, string, string];

async function call<P extends keyof paths, M extends Method & keyof paths[P]>(
  method: M,
  path: P,
  parameters: PathParameters<paths[P][M]>,
  body?: RequestBody<paths[P][M]>,
): Promise<Success<paths[P][M]>> {
  const filled = Object.entries(parameters as Record<string, string>).reduce<string>(
    (text, [name, value]) => text.replace(`{${name}}`, encodeURIComponent(value)),
    path,
  );
  const response = await fetch(url + filled, {
    method: method.toUpperCase(),
    headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
    body: body === undefined ? null : JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${filled}: ${response.status} ${text}`);
  return JSON.parse(text) as Success<paths[P][M]>;
}

function check(condition: boolean, what: string): void {
  if (!condition) throw new Error(what);
}

async function main(): Promise<void> {
  let returned = 0;
  for (const storage of [4_000_000, Number.MAX_SAFE_INTEGER]) {
    const change: components["schemas"]["EnvironmentChange"] = { resourceQuota: { storage } };
    const changed = await call("put", "/environments/{id}", { id: environment }, change);
    check(changed.resourceQuota.storage === storage, "the answer of the change has another quota");
    const usage = await call("get", "/environments/{id}/resource-usage", { id: environment });
    check(usage.quota.storage === storage, "the usage has another quota");
    returned += 1;
  }
  const volume = await call(
    "post",
    "/{envId}/volume",
    { envId: environment },
    { name: "typed", size: 1, attachedAppsRefs: [] },
  );
  const status: components["schemas"]["VolumeStatusEnum"] = volume.status;
  check(["pending", "ready"].includes(status), `the volume is ${status}`);
  const history = await call("get", "/{envId}/volume/{id}/history", {
    envId: environment,
    id: volume.id,
  });
  check(history[0]?.action === "create", "the history does not begin with the create");
  const used: number | null = volume.usedSize;
  check(used === null, "a new volume has been measured");
  console.log(`${returned} quotas came back as they were sent`);
}

await main();
export {};
