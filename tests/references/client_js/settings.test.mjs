import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { HeartbeatClient, PRODUCTION } from "../../../reference_client/heartbeat-client.js";
import { Attempt, pass, start } from "./world.mjs";

const shipped = (name) =>
  JSON.parse(readFileSync(new URL(`../../../spec/timing/${name}.json`, import.meta.url), "utf8"));

test("the defaults are production timing, member for member", () => {
  assert.deepEqual({ ...PRODUCTION }, shipped("production"));
});

test("a timing set of the specification can be handed over as it is", () => {
  const fast = shipped("fast");
  const { latest } = start({ timing: fast });
  latest().accept();
  pass(4 * fast.heartbeat_interval + 0.1, { answering: latest() });
  assert.equal(latest().pings().length, 5);
  pass(2 * fast.heartbeat_interval);
  assert.equal(latest().closed?.code, 4000);
});

test("single values replace those of production", () => {
  const { latest } = start({ timing: { heartbeat_interval: 25 } });
  latest().accept();
  pass(51, { answering: latest() });
  assert.equal(latest().pings().length, 3);
});

const REFUSED = [
  [{ heartbeatInterval: 5 }, TypeError, /heartbeatInterval.*heartbeat_interval/],
  [{ toString: 5 }, TypeError, /toString/],
  [{ heartbeat_interval: "30" }, RangeError, /heartbeat_interval/],
  [{ heartbeat_interval: Infinity }, RangeError, /heartbeat_interval/],
  [{ reconnect_delay: 0 }, RangeError, /reconnect_delay.*above 0/],
  [{ reconnect_jitter: -1 }, RangeError, /reconnect_jitter.*not below 0/],
  [{ heartbeat_interval: 20 }, RangeError, /pong_timeout.*less than heartbeat_interval/],
  [{ reconnect_cap: 4 }, RangeError, /reconnect_cap.*at least/],
];

for (const [timing, type, message] of REFUSED) {
  test(`refused with the reason: ${JSON.stringify(timing)}`, () => {
    let attempts = 0;
    class Counted extends Attempt {
      constructor(...given) {
        super(...given);
        attempts += 1;
      }
    }
    assert.throws(
      () => new HeartbeatClient("ws://world/", { WebSocket: Counted, timing }),
      (error) => error instanceof type && message.test(error.message),
    );
    assert.equal(attempts, 0);
  });
}

test("a jitter of 0 is one", () => {
  assert.doesNotThrow(() => start({ timing: { reconnect_jitter: 0 } }));
});

test("URL, subprotocols and binaryType reach every connection", () => {
  const { client, attempts } = start({ protocols: ["a", "b"] });
  assert.equal(client.url, "ws://world/");
  assert.equal(client.binaryType, "blob");
  client.binaryType = "arraybuffer";
  attempts[0].breaks();
  pass(6);
  assert.equal(attempts.length, 2);
  for (const { url, protocols, binaryType } of attempts) {
    assert.deepEqual([url, protocols, binaryType], ["ws://world/", ["a", "b"], "arraybuffer"]);
  }
});

test("onopen and the like work as in a WebSocket: one handler each, which can be replaced", () => {
  const { client, latest } = start();
  const heard = [];
  client.onopen = () => heard.push("replaced");
  client.onopen = () => heard.push("open");
  client.onmessage = ({ data }) => heard.push(data);
  client.onclose = ({ code }) => heard.push(code);
  client.onerror = () => heard.push("error");
  client.onerror = null;
  assert.equal(client.onerror, null);
  latest().accept();
  latest().says("{}");
  latest().breaks();
  assert.deepEqual(heard, ["open", "{}", 1006]);
});
