/** That there is no device yet, and how the first one comes. */
export function NoDevices() {
  return (
    <p>
      No device has checked in yet. <code>jamesd-ctl enroll-token</code> makes a token by which one joins; or
      start <code>jamesc</code> on it with a certificate that <code>pkitool --add-client ID</code> makes.
    </p>
  );
}
