#!/usr/bin/env bash
# The step of action.yml that checks: inputs come in the environment, so that none is taken for code.
set -uo pipefail

mkdir -p wsbeat-report
words=("$ROLE")
[ -n "$TARGET" ] && words+=("$TARGET")
[ -n "$COMMAND" ] && words+=(--command "$COMMAND")
[ -n "$TIMING" ] && words+=(--timing "$TIMING")
[ -n "$KNOWN_FAILING" ] && words+=(--known-failing "$KNOWN_FAILING")
[ -n "$PROTOCOL" ] && words+=(--protocol "$PROTOCOL")
read -r -a further <<<"$ARGUMENTS"

"$WSBEAT" "${words[@]}" ${further[@]+"${further[@]}"} \
  --json wsbeat-report/wsbeat.json --junit wsbeat-report/wsbeat.xml \
  --html wsbeat-report/wsbeat.html --markdown wsbeat-report/wsbeat.md \
  --badge wsbeat-report/badge.json --traces wsbeat-report/traces
code=$?

[ -s wsbeat-report/wsbeat.md ] && cat wsbeat-report/wsbeat.md >>"$GITHUB_STEP_SUMMARY"
[ -s wsbeat-report/wsbeat.json ] && "$(dirname "$WSBEAT")/python" - <<'PYTHON'
import json

report = json.load(open("wsbeat-report/wsbeat.json", encoding="utf-8"))
for each in report["requirements"]:
    kind = {"failed": "error", "warned": "warning"}.get(each["verdict"])
    if kind and each["findings"]:
        message = each["findings"][0]["message"]
        for old, new in (("%", "%25"), ("\r", "%0D"), ("\n", "%0A")):
            message = message.replace(old, new)
        print(f"::{kind} title={each['id']}::{message}".encode("ascii", "replace").decode())
PYTHON
echo "exit-code=$code" >>"$GITHUB_OUTPUT"
exit "$code"
