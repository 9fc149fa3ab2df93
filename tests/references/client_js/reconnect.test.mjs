import assert from "node:assert/strict";
import { test } from "node:test";

import { T, hurry, pass, seconds, start } from "./world.mjs";

const FIRST = T.reconnect_delay + T.reconnect_jitter;

/** Ends the latest attempt with `end`; returns how many seconds later the next one came. */
function waited({ attempts, latest }, end, longest = T.reconnect_cap + 1) {
  const count = attempts.length;
  const from = seconds();
  end(latest());
  pass(longest);
  assert.equal(attempts.length, count + 1, `${attempts.length - count} attempts in ${longest} s`);
  return latest().at - from;
}

const ENDS = {
  "1000 heartbeat timeout": (attempt) => attempt.ends(1000, "heartbeat timeout"),
  "1000 without a reason": (attempt) => attempt.ends(1000),
  "1001": (attempt) => attempt.ends(1001),
  "1005": (attempt) => attempt.ends(1005),
  "1008": (attempt) => attempt.ends(1008, "policy"),
  "1011": (attempt) => attempt.ends(1011),
  "1012": (attempt) => attempt.ends(1012),
  "4001": (attempt) => attempt.ends(4001),
  "a reset": (attempt) => attempt.breaks(),
};

for (const [name, end] of Object.entries(ENDS)) {
  test(`C-RECONNECT: after ${name}, within the bounds of the first delay`, () => {
    for (const luck of [0, 0.5, 0.999999]) {
      const world = start();
      world.luck(luck);
      world.latest().accept();
      pass(1, { answering: world.latest() });
      const delay = waited(world, end, FIRST + 0.1);
      assert.ok(delay >= T.reconnect_delay, `C-RECONNECT-FLOOR: ${delay}`);
      assert.ok(delay <= FIRST + 0.1, `C-RECONNECT-CEILING: ${delay}`);
    }
  });
}

test("C-RECONNECT-CEILING: the jitter is used, so that clients come back spread out", () => {
  const delays = [0, 0.25, 0.5, 0.75].map((luck) => {
    const world = start();
    world.luck(luck);
    world.latest().accept();
    return waited(world, (attempt) => attempt.breaks(), FIRST + 0.1);
  });
  delays.slice(1).forEach((delay, index) =>
    assert.ok(delay - delays[index] > 0.2 * T.reconnect_jitter, `${delays}`),
  );
});

test("C-RECONNECT-FLOOR: a timer that fires early is sent back to wait", () => {
  const world = start();
  world.luck(0);
  world.latest().accept();
  hurry(0.5);
  world.latest().ends(1001);
  pass(T.reconnect_delay);
  assert.equal(world.attempts.length, 1);
  pass(0.2);
  assert.equal(world.attempts.length, 2);
});

test("C-BACKOFF: failures wait longer and longer, never longer than the cap, and for ever", () => {
  const world = start();
  const delays = Array.from({ length: 50 }, () => waited(world, (attempt) => attempt.breaks()));
  const growing = delays.slice(0, 4);
  assert.ok(growing.every((delay, index) => index === 0 || delay > growing[index - 1]), `${delays}`);
  assert.ok(delays[0] <= FIRST + 0.1);
  for (const delay of delays) {
    assert.ok(delay >= T.reconnect_delay && delay <= T.reconnect_cap + 0.1, `${delays}`);
  }
  assert.ok(delays.at(-1) > T.reconnect_cap - 1);
});

test("C-BACKOFF: a connection that lasted an interval returns it to the first delay", () => {
  const world = start();
  for (let failure = 0; failure < 8; failure += 1) waited(world, (attempt) => attempt.breaks());
  world.latest().accept();
  pass(T.heartbeat_interval + 0.1, { answering: world.latest() });
  assert.ok(waited(world, (attempt) => attempt.ends(1001)) <= FIRST + 0.1);
  assert.ok(waited(world, (attempt) => attempt.breaks()) <= FIRST + 0.1);
});

test("C-RECONNECT-CEILING: holds after the first short connection, and after no other", () => {
  const world = start();
  const ended = (seconds) => {
    world.latest().accept();
    pass(seconds, { answering: world.latest() });
    return waited(world, (attempt) => attempt.ends(1013));
  };
  const lasts = T.heartbeat_interval + 0.1;
  for (const seconds of [1, lasts, 1, lasts]) assert.ok(ended(seconds) <= FIRST + 0.1);
  const delays = Array.from({ length: 8 }, () => ended(1));
  assert.ok(delays[0] <= FIRST + 0.1, `${delays}`);
  assert.ok(delays[3] > FIRST && delays.at(-1) <= T.reconnect_cap + 0.1, `${delays}`);
  assert.ok(ended(lasts) <= FIRST + 0.1);
});

test("C-BACKOFF: a short connection after failures is one more", () => {
  const world = start();
  for (let failure = 0; failure < 8; failure += 1) waited(world, (attempt) => attempt.breaks());
  world.latest().accept();
  pass(1, { answering: world.latest() });
  assert.ok(waited(world, (attempt) => attempt.ends(1001)) > FIRST);
});

test("C-RECONNECT: an error without a close, as some hosts tell a failure, is one failure", () => {
  const world = start();
  const delay = waited(world, (attempt) =>
    attempt.dispatchEvent(Object.assign(new Event("error"), { message: "refused" })),
  );
  assert.ok(delay >= T.reconnect_delay && delay <= FIRST + 0.1);
});

test("C-ANSWER-MISSING: a handshake that nobody answers is given up, and tried again", () => {
  const world = start();
  const [unanswered] = world.attempts;
  pass(T.reconnect_cap - 0.1);
  assert.equal(unanswered.closed, null);
  pass(0.2 + FIRST);
  assert.notEqual(unanswered.closed, null);
  assert.equal(world.attempts.length, 2);
  unanswered.accept(); // too late
  unanswered.breaks();
  assert.deepEqual(world.types(), ["close", "reconnecting"]);
  pass(1);
  assert.equal(world.attempts.length, 2);
});

test("C-RECONNECT-SINGLE: a host that tells the end inside close() is answered once", () => {
  const { attempts, types } = start();
  attempts[0].close = () => attempts[0].breaks();
  pass(T.reconnect_cap + FIRST + 0.1);
  assert.deepEqual(types(), ["close", "reconnecting"]);
  assert.equal(attempts.length, 2);
});

test("C-RECONNECT-SINGLE: a failure that is told twice is answered once", () => {
  const world = start();
  for (let failure = 0; failure < 5; failure += 1) {
    const failed = world.latest();
    failed.breaks();
    failed.breaks();
    pass(T.reconnect_cap + 1);
    assert.equal(world.attempts.length, failure + 2);
  }
});

test("C-RECONNECT-SINGLE: nothing that an earlier socket does is heard", () => {
  const world = start();
  const [old] = world.attempts;
  old.accept();
  pass(1, { answering: old });
  old.ends(1011);
  pass(FIRST + 0.1);
  const latest = world.latest();
  latest.accept();
  pass(0.02, { answering: latest });
  const before = world.heard.length;
  old.accept();
  old.says('{"old":true}');
  old.says('{"type":"ping"}');
  old.pongs();
  old.breaks();
  assert.equal(world.heard.length, before);
  pass(10, { answering: latest });
  assert.equal(world.attempts.length, 2);
  assert.equal(old.sent.length, 1);
});

test("waiting is told with its length, and looks like CONNECTING", () => {
  const { client, heard, latest, types } = start();
  assert.deepEqual([client.state, client.readyState], ["connecting", 0]);
  latest().accept();
  assert.deepEqual([client.state, client.readyState], ["open", 1]);
  latest().ends(1012, "restart");
  assert.deepEqual([client.state, client.readyState], ["waiting", 0]);
  const { code, reason, wasClean, reconnectIn } = heard.at(-1);
  assert.deepEqual([code, reason, wasClean], [1012, "restart", true]);
  pass(reconnectIn + 0.02);
  assert.deepEqual(types(), ["open", "close", "reconnecting"]);
  assert.equal(client.state, "connecting");
});
