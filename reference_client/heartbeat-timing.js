/** The timing parameters of the wsbeat heartbeat protocol (section 2.2), as a client needs them. */

/** The timing set "production" of the protocol, in seconds. */
export const PRODUCTION = Object.freeze({
  name: "production",
  heartbeat_interval: 30,
  heartbeat_timeout: 70,
  check_interval: 30,
  reconnect_delay: 3,
  reconnect_jitter: 2,
  reconnect_cap: 30,
  reply_deadline: 1,
  pong_timeout: 20,
  interval_tolerance: 0.1,
  tolerance: 1,
});

/** The timing set, if it can work by those rules of section 2.2 that concern a client. */
export function checked(timing) {
  for (const [name, value] of Object.entries(timing)) {
    if (!Object.hasOwn(PRODUCTION, name)) {
      const names = Object.keys(PRODUCTION).join(", ");
      throw new TypeError(`There is no timing called "${name}"; expected some of ${names}.`);
    }
    const least = name === "reconnect_jitter" ? 0 : Number.MIN_VALUE;
    if (name !== "name" && !(Number.isFinite(value) && value >= least)) {
      const range = least ? "above 0" : "not below 0";
      throw new RangeError(`${name} must be a number ${range}; it is ${value}.`);
    }
  }
  const { heartbeat_interval, reconnect_delay, reconnect_jitter } = timing;
  if (timing.pong_timeout >= heartbeat_interval) {
    throw new RangeError(
      `pong_timeout must be less than heartbeat_interval (${heartbeat_interval} s), so that at ` +
        `most one ping is unanswered at a time; it is ${timing.pong_timeout} s. Set both.`,
    );
  }
  if (timing.reconnect_cap < reconnect_delay + reconnect_jitter) {
    throw new RangeError(
      "reconnect_cap must be at least reconnect_delay + reconnect_jitter, so that the longest " +
        `wait is no shorter than the first; it is ${timing.reconnect_cap} s. Set all three.`,
    );
  }
  return timing;
}
