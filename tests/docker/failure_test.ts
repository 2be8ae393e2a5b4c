import { assertEquals } from "@std/assert";
import { failureOf } from "../../lib/docker/failure.ts";

const CASES: readonly { failure: string; complaint: string; message: string }[] = [
  {
    failure: "an engine that is down",
    complaint: "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. " +
      "Is the docker daemon running?\n",
    message: 'Cannot load: docker said "Cannot connect to the Docker daemon at ' +
      'unix:///var/run/docker.sock. Is the docker daemon running?"; start the engine, or say ' +
      "where it is by DOCKER_HOST or a context",
  },
  {
    failure: "a socket that is not for everybody",
    complaint: "permission denied while trying to connect to the Docker daemon socket at " +
      "unix:///var/run/docker.sock: dial unix: connect: permission denied\n",
    message: 'Cannot load: docker said "permission denied while trying to connect to the Docker ' +
      'daemon socket at unix:///var/run/docker.sock: dial unix: connect: permission denied"; run ' +
      'as root, or as a user of the group "docker"',
  },
  {
    failure: "an error of its own, in the last line",
    complaint: "Loading layer\n\ninvalid diffID for layer 0\n\n",
    message: 'Cannot load: docker said "invalid diffID for layer 0"',
  },
  {
    failure: "a container that does not start, in the line before the last",
    complaint: "Error response from daemon: driver failed: port is already allocated\n" +
      "Error: failed to start containers: x\n",
    message: 'Cannot load: docker said "Error response from daemon: driver failed: port is ' +
      'already allocated"',
  },
  {
    failure: "silence",
    complaint: " \n",
    message: "Cannot load: docker exited with 7 and said nothing",
  },
];

for (const { failure, complaint, message } of CASES) {
  Deno.test({
    name: `failureOf() explains ${failure}`,
    permissions: "none",
    fn() {
      const error = failureOf("load", { code: 7, complaint });
      assertEquals([error.message, error.exitCode], [message, 7]);
    },
  });
}
