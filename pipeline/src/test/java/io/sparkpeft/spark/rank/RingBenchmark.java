package io.sparkpeft.spark.rank;

import io.sparkpeft.collective.Patience;
import io.sparkpeft.collective.RingCollective;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.spark.network.util.MapConfigProvider;
import org.apache.spark.network.util.TransportConf;

/**
 * Prints what an all-reduce of two ranks costs over Spark's network and over the loopback
 * interface, next to two plain sockets that carry the same bytes both ways at once. Not a test: run
 * its main.
 */
final class RingBenchmark {
  private static final int RANKS = 2;
  private static final int ROUNDS = 15;
  private static final int SOCKET_BUFFER_BYTES = 1 << 20;

  private RingBenchmark() {}

  public static void main(String[] arguments) throws Exception {
    System.out.println("payload MB (float32) | wire MB each way | all-reduce best, median ms");
    System.out.println("                     | (int64 sums)     | plain sockets best, median ms");
    ExecutorService threads = Executors.newFixedThreadPool(RANKS);
    try (Rings open = Rings.of(false);
        Rings encrypted = Rings.of(true);
        Sockets sockets = Sockets.open()) {
      for (int megabytes : new int[] {1, 16, 80}) {
        int length = megabytes << 18;
        print(megabytes, "all-reduce", rounds(threads, length, open::allReduce));
        print(megabytes, "all-reduce, AES", rounds(threads, length, encrypted::allReduce));
        print(megabytes, "plain sockets", rounds(threads, length, sockets::exchange));
      }
    }
    threads.shutdown();
  }

  private static void print(int megabytes, String what, double[] millis) {
    double wireGigabytes = megabytes * 2 / 1024.0;
    System.out.printf(
        Locale.ROOT,
        "%3d MB %-16s best %7.2f ms, median %7.2f ms, %.2f GB/s each way at best%n",
        megabytes,
        what,
        millis[0],
        millis[ROUNDS / 2],
        wireGigabytes / millis[0] * 1e3);
  }

  /** One rank's part of a round. */
  private interface Part {
    void run(int rank, long[] values) throws Exception;
  }

  /** The times of the rounds, sorted, in milliseconds. */
  private static double[] rounds(ExecutorService threads, int length, Part part) throws Exception {
    List<long[]> vectors = List.of(new long[length], new long[length]);
    double[] millis = new double[ROUNDS];
    for (int round = -ROUNDS / 3; round < ROUNDS; round++) {
      List<Callable<Void>> parts = new ArrayList<>();
      for (int rank = 0; rank < RANKS; rank++) {
        int which = rank;
        parts.add(
            () -> {
              part.run(which, vectors.get(which));
              return null;
            });
      }
      long start = System.nanoTime();
      for (Future<Void> done : threads.invokeAll(parts)) {
        done.get();
      }
      if (round >= 0) {
        millis[round] = (System.nanoTime() - start) / 1e6;
      }
    }
    Arrays.sort(millis);
    return millis;
  }

  /** Two ranks over Spark's network. */
  private record Rings(List<RingCollective> ranks) implements AutoCloseable {

    static Rings of(boolean encrypted) throws Exception {
      TransportConf conf =
          new TransportConf(
              "sparkpeft",
              new MapConfigProvider(
                  Map.of(
                      "spark.network.crypto.enabled", Boolean.toString(encrypted),
                      "spark.sparkpeft.io.serverThreads", "1",
                      "spark.sparkpeft.io.clientThreads", "1")));
      RingSecurity.AttemptSecret secret = new RingSecurity.AttemptSecret();
      secret.set(RingSecurity.AttemptSecret.random());
      RingSecurity security = RingSecurity.of(conf, secret);
      List<SparkNetworkTransport> ends = new ArrayList<>();
      for (int rank = 0; rank < RANKS; rank++) {
        ends.add(
            SparkNetworkTransport.listen(
                rank, RANKS, "benchmark", "127.0.0.1", security, Patience.standard()));
      }
      for (int rank = 0; rank < RANKS; rank++) {
        ends.get(rank).connect("127.0.0.1", ends.get((rank + 1) % RANKS).port());
      }
      return new Rings(ends.stream().map(RingCollective::new).toList());
    }

    void allReduce(int rank, long[] values) {
      ranks.get(rank).sum(values);
    }

    @Override
    public void close() {
      ranks.forEach(RingCollective::close);
    }
  }

  /** A plain connection; both ends write and read the vector's bytes at the same time. */
  private record Sockets(List<SocketChannel> ends, ExecutorService writers)
      implements AutoCloseable {

    static Sockets open() throws IOException {
      try (ServerSocketChannel server = ServerSocketChannel.open()) {
        server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        SocketChannel one = SocketChannel.open(server.getLocalAddress());
        return new Sockets(List.of(one, server.accept()), Executors.newFixedThreadPool(RANKS));
      }
    }

    void exchange(int rank, long[] values) throws Exception {
      SocketChannel end = ends.get(rank);
      long bytes = (long) values.length * Long.BYTES;
      Future<?> written = writers.submit(() -> write(end, bytes));
      ByteBuffer buffer = ByteBuffer.allocateDirect(SOCKET_BUFFER_BYTES);
      for (long read = 0; read < bytes; ) {
        read += end.read(buffer.clear().limit((int) Math.min(buffer.capacity(), bytes - read)));
      }
      written.get();
    }

    private static Void write(SocketChannel end, long bytes) throws IOException {
      ByteBuffer buffer = ByteBuffer.allocateDirect(SOCKET_BUFFER_BYTES);
      for (long left = bytes; left > 0; ) {
        left -= end.write(buffer.clear().limit((int) Math.min(buffer.capacity(), left)));
      }
      return null;
    }

    @Override
    public void close() throws IOException {
      for (SocketChannel end : ends) {
        end.close();
      }
      writers.shutdown();
    }
  }
}
