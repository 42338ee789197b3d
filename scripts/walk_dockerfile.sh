#!/usr/bin/env bash
# Walk through the Dockerfile without Docker: its COPY, pip install and CMD steps, in a new folder,
# as a user without rights, with a new virtual environment in place of the base image. Starts the
# app, waits until it is healthy, prints its memory, stops it, and has one image answered.
#
#   scripts/walk_dockerfile.sh            PYTHON=python3.11 by default
#   WALK_VENV=/path scripts/walk_dockerfile.sh    reuse an environment, skip pip install
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
python=${PYTHON:-python3.11} # one that user 1000 may run
work=$(mktemp -d)
app=$work/app
venv=${WALK_VENV:-$work/venv}
server=
mkdir -p "$app" "$work/home"

finish() {
    if [ -n "$server" ]; then
        kill -- "-$server" 2>/dev/null || true
        wait "$server" 2>/dev/null || true
    fi
    rm -rf "$work"
}
trap finish EXIT

# The Dockerfile's user 1000 where this runs as root, else whoever runs it.
as_user() {
    if [ "$(id -u)" = 0 ]; then
        setpriv --reuid 1000 --regid 1000 --clear-groups \
            env HOME="$work/home" PATH="$venv/bin:$PATH" "$@"
    else
        env HOME="$work/home" PATH="$venv/bin:$PATH" "$@"
    fi
}
own() { if [ "$(id -u)" = 0 ]; then chown -R 1000:1000 "$work"; fi; }

copy() { # SOURCE... TARGET, relative to the build context
    local target=$app/${*: -1} source
    for source in "${@:1:$#-1}"; do
        if [ -d "$root/$source" ]; then # a folder's content goes into the target
            mkdir -p "$target"
            cp -r "$root/$source/." "$target/"
        else
            mkdir -p "$app"
            cp "$root/$source" "$target"
        fi
    done
    find "$app" -name __pycache__ -type d -prune -exec rm -rf {} +
    own
}

own
if [ -z "${WALK_VENV:-}" ]; then as_user "$python" -m venv "$venv"; fi
cd "$app"

command=
while read -r word rest; do
    case $word in
    FROM | WORKDIR | USER | EXPOSE | HEALTHCHECK | "" | "#"*) ;;
    ENV)
        echo "ENV $rest"
        # shellcheck disable=SC2163,SC2086
        export $rest
        ;;
    COPY)
        echo "COPY $rest"
        # shellcheck disable=SC2086
        copy ${rest#--chown=* }
        ;;
    RUN)
        case $rest in
        pip\ *)
            if [ -n "${WALK_VENV:-}" ]; then
                echo "skipped: $rest"
            else
                echo "RUN $rest"
                # shellcheck disable=SC2086
                as_user $rest --quiet
            fi
            ;;
        *) echo "skipped: $rest" ;;
        esac
        ;;
    CMD) command=$rest ;;
    *)
        echo "walk_dockerfile.sh does not know $word" >&2
        exit 2
        ;;
    esac
done <"$root/Dockerfile"

visit() { # every page, then an answer, in a process of its own
    as_user "$venv/bin/python" - 2>"$work/visit.log" <<'END' || { tail -20 "$work/visit.log" >&2; exit 1; }
import resource
from pathlib import Path

from streamlit.testing.v1 import AppTest

visitor = AppTest.from_file("streamlit_app.py", default_timeout=300)
for page in (*sorted(Path("pages").glob("[!_]*.py")), "pages/predict.py"):
    visitor.switch_page(str(page)).run()
    assert not visitor.exception, visitor.exception
next(b for b in visitor.button if str(b.key).startswith("drawing_")).click().run()
for toggle in visitor.toggle:  # a drawing is no scan, and its number is asked for
    if toggle.label == "Show the number anyway":
        toggle.set_value(True).run()
assert not visitor.exception, visitor.exception
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
print(f"answered: {visitor.metric[0].value}; {peak:.0f} MB at most")
END
}

port=$("$python" -c 'import socket; s = socket.socket(); s.bind(("", 0)); print(s.getsockname()[1])')
mapfile -t words < <("$python" -c 'import json, sys; print(*json.loads(sys.argv[1]), sep="\n")' "$command")
words=("${words[@]/8501/$port}")
echo "CMD ${words[*]}"
set -m # a process group of its own, to be ended as a whole
as_user "${words[@]}" >"$work/log" 2>&1 &
server=$!
set +m

for _ in $(seq 60); do
    if "$python" -c "import urllib.request as u; u.urlopen('http://127.0.0.1:$port/_stcore/health', timeout=2)" 2>/dev/null; then
        rss=$(ps -eo pgid=,rss= | awk -v g="$server" '$1 == g { sum += $2 } END { print int(sum / 1024) }')
        echo "healthy; ${rss} MB resident before the first visitor"
        visit
        exit 0
    fi
    kill -0 "$server" 2>/dev/null || break
    sleep 1
done
echo "not healthy:" >&2
tail -20 "$work/log" >&2
exit 1
