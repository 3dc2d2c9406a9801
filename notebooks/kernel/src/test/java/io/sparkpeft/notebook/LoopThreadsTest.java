package io.sparkpeft.notebook;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.rapaio.jupyter.kernel.channels.Channels;
import org.rapaio.jupyter.kernel.channels.LoopThread;
import org.rapaio.jupyter.kernel.core.ConnectionProperties;
import org.rapaio.jupyter.kernel.core.RapaioKernel;

class LoopThreadsTest {

  @Test
  void deadThreadsAreReplacedAndLivingOnesStay() throws Exception {
    Channels channels = new Channels(connection());
    LoopThreads threads = new LoopThreads(channels);
    threads.connect(new RapaioKernel());
    settle(threads);
    Set<Thread> first = running();
    assertThat(first).hasSize(3);
    assertThat(threads.revive()).isZero();

    end(first);
    assertThat(threads.revive()).isEqualTo(3);
    Set<Thread> second = running();
    assertThat(second).hasSize(3).doesNotContainAnyElementsOf(first);

    Thread one = second.iterator().next();
    end(Set.of(one));
    assertThat(threads.revive()).isEqualTo(1);
    assertThat(running()).hasSize(3).doesNotContain(one);
    channels.close();
  }

  /** The stock threads may have died at their start, which is the reason for all this. */
  private static void settle(LoopThreads threads) throws InterruptedException {
    for (int quiet = 0; quiet < 5; quiet = threads.revive() == 0 ? quiet + 1 : 0) {
      Thread.sleep(50);
    }
  }

  /** A thread that polls its socket just then swallows the interrupt. */
  private static void end(Set<Thread> threads) throws InterruptedException {
    for (Thread thread : threads) {
      while (thread.isAlive()) {
        thread.interrupt();
        thread.join(100);
      }
    }
  }

  private static Set<Thread> running() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(LoopThread.class::isInstance)
        .filter(Thread::isAlive)
        .collect(Collectors.toSet());
  }

  private static ConnectionProperties connection() throws IOException {
    List<Integer> ports = freePorts(5);
    return new ConnectionProperties(
        ports.get(0),
        ports.get(1),
        "tcp",
        "hmac-sha256",
        ports.get(2),
        ports.get(3),
        "127.0.0.1",
        ports.get(4),
        "key");
  }

  private static List<Integer> freePorts(int count) throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      int port = socket.getLocalPort();
      if (count == 1) {
        return List.of(port);
      }
      List<Integer> ports = new ArrayList<>(freePorts(count - 1));
      ports.add(port);
      return ports;
    }
  }
}
