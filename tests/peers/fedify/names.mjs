// The names of a test lead to ports of this machine (NAMES: host -> port); certificates are checked as ever.
import tls from "node:tls";

export const ports = JSON.parse(process.env.NAMES);
const connect = tls.connect;
tls.connect = (options, ...rest) => {
  const port = ports[options.host];
  if (port === undefined) throw new Error(`${options.host} does not resolve in tests`);
  return connect({ ...options, servername: options.host, host: "127.0.0.1", port }, ...rest);
};
