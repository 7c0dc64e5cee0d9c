import { EXEC_FOR } from "./exec-for.ts";

/** So much memory a shell may take that reads an answer, in KB; it has some hundred. */
const MOST_KB = 8 * 1024;

/**
 * For the waiter: its ways to have a question held, `ask_with_openssl`, `ask_with_openssl_once` and `ask_with_curl`. They are
 * about what `read_question` has read, and leave what `read_head` finds in the answer.
 */
export const ASKING = `# An answer may never come: asking is ended some seconds after the server should have answered.
${EXEC_FOR}
request() {
  printf 'POST /v1/checkin HTTP/1.1\\r\\nHost: %s\\r\\n%bPrefer: wait=%s\\r\\nContent-Type: application/json\\r\\nContent-Length: %s\\r\\n\\r\\n%s' \\
    "$name" "$1" "$seconds" "\${#body}" "$body"
}
# Through a proxy: who asks it is nothing for a command line, which all users can read.
s_client() {
  JAMESC_WAITER_PASSWORD=$proxy_password
  export JAMESC_WAITER_PASSWORD
  longest=$1
  set --
  [ -z "$proxy" ] || set -- -proxy "\${proxy##*[/@]}"
  [ -z "$proxy_user" ] || set -- "$@" -proxy_user "$proxy_user" -proxy_pass env:JAMESC_WAITER_PASSWORD
  exec_for "$longest" openssl s_client "$@" -quiet -connect "$address" -servername "$name" \\
    -CAfile "$ca" -cert "$cert" -key "$key" -verify_return_error -verify_hostname "$name" -purpose sslserver 2>/dev/null
}

# All questions of a row over one connection. What waits for an answer is this very process: perl sets its alarm and makes it
# a shell again, which goes on here. So nobody has to be there beside it who knows how late it is.
ask_with_openssl() {
  if [ -z "$sent" ]; then
    [ -n "$child" ] || connect
    request '' >&4
    JAMESC_WAITER_SENT="$child $times $asked $folder"
    export JAMESC_WAITER_SENT
    # A signal that comes until the next shell listens ends this process at once; who asks ends with its answer then.
    trap - TERM INT
    [ -z "$stopped" ] || hang_up
    exec_for "$((seconds + 30))" sh "$0" "$@"
  fi
  # A line without an end fills no memory.
  ulimit -S -d ${MOST_KB}
  read_head <&3
  ulimit -S -d "$limit"
  sent=
  [ -z "$stopped" ] || hang_up
}
connect() {
  rm -f "$folder/questions" "$folder/answers"
  mkfifo "$folder/questions" "$folder/answers" || exit 1
  # As below. Questions can be read here as well: so what is sent to nobody ends nothing.
  exec 4<>"$folder/questions" 5<>"$folder/answers" 3<"$folder/answers" 6>"$folder/answers" 5>&-
  (
    unless_stopped
    s_client "$(((seconds + 30) * (times + 1)))" <"$folder/questions" >&6 3<&- 4<&- 6>&-
  ) &
  began
  exec 6>&-
  echo "$child" >"$folder/child"
}

# The same without perl: each question over a connection of its own, and timeout beside it.
ask_with_openssl_once() {
  request 'Connection: close\\r\\n' >"$folder/request"
  # What is longer than the head of an answer fills no disk.
  (
    unless_stopped
    ulimit -f 64
    s_client "$((seconds + 30))" <"$folder/request" >"$folder/answer"
  ) &
  began
  ended
  read_head <"$folder/answer"
}

# All questions of a row over one connection; what each is answered begins in the pipe, with its head. An answer with
# anything in it ends curl, as one that does not come does. It goes the way that jamesc itself goes, through its
# proxy or past all, whatever the environment or a curlrc says.
ask_with_curl() {
  if [ -z "$child" ]; then
    rm -f "$folder/heads"
    mkfifo "$folder/heads" || exit 1
    # So no opening waits for the other: dash gives up where a signal comes meanwhile.
    exec 5<>"$folder/heads" 3<"$folder/heads" 4>"$folder/heads" 5>&-
    (
      unless_stopped
      unset no_proxy NO_PROXY https_proxy
      if [ -n "$proxy" ]; then
        https_proxy=$proxy
        export https_proxy
        set -- --suppress-connect-headers
      else
        set -- --noproxy '*'
      fi
      exec curl --disable "$@" --silent --fail --fail-early --max-time "$((seconds + 30))" \\
        --connect-to "$name:443:$address" --cacert "$ca" --cert "$cert" --key "$key" --header "Prefer: wait=$seconds" \\
        --header 'Content-Type: application/json' --header 'Expect:' --data-binary "$body" \\
        --output /dev/null --dump-header - --max-filesize 1 \\
        "https://$name/v1/checkin#[0-$times]" >&4 2>/dev/null 3<&- 4>&-
    ) &
    began
    exec 4>&-
  fi
  read_head <&3
  [ -z "$stopped" ] || hang_up
}`;
