/**
 * Says of each port which protocol it is of, where that is left out: it is a part of the port's key,
 * and servers before 1.22 refuse to apply a port without it.
 */
export function stateProtocols<T>(value: T): T {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(stateProtocols) as T;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      const isPorts = key === "ports" && Array.isArray(item);
      return [key, isPorts ? item.map(stateProtocol) : stateProtocols(item)];
    }),
  ) as T;
}

function stateProtocol(port: unknown): unknown {
  const isPort = typeof port === "object" && port !== null &&
    ("containerPort" in port || "port" in port) && !("protocol" in port);
  return isPort ? { ...port, protocol: "TCP" } : port;
}
