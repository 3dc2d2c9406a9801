package io.sparkpeft.spark.rank;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.sparkpeft.base.ExitCode;
import io.sparkpeft.base.SparkPeftException;
import io.sparkpeft.collective.FixedPoint;
import io.sparkpeft.collective.Patience;
import io.sparkpeft.collective.RingCollective;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.spark.network.sasl.SecretKeyHolder;
import org.apache.spark.network.util.MapConfigProvider;
import org.apache.spark.network.util.TransportConf;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The ring over real sockets of the loopback interface, ranks being threads; no Spark session. */
@Timeout(120)
class SparkNetworkTransportTest {
  private static final String HOST = "127.0.0.1";

  private final List<SparkNetworkTransport> transports = new ArrayList<>();
  private final ExecutorService threads = Executors.newCachedThreadPool();

  @AfterEach
  void closeAll() {
    transports.forEach(SparkNetworkTransport::close);
    threads.shutdownNow();
  }

  /** Both ways of proving oneself: SASL's without encryption, and with AES. */
  @ParameterizedTest
  @CsvSource({"2,false", "3,false", "2,true"})
  void sumsExactlyOverManyPieces(int ranks, boolean encrypted) throws Exception {
    int length = 700_001;
    List<long[]> vectors = new ArrayList<>();
    long[] expected = new long[length];
    for (int rank = 0; rank < ranks; rank++) {
      long[] vector = new Random(rank).longs(length, -1L << 60, 1L << 60).toArray();
      FixedPoint.accumulate(vector, expected, 0, length);
      vectors.add(vector);
    }
    List<RingCollective> ring = ring(ranks, security("secret", encrypted), Patience.standard());
    onEveryRank(
        ring,
        collective -> {
          collective.sum(new long[] {1});
          collective.sum(vectors.get(collective.rank()));
          return null;
        });
    assertThat(vectors).allMatch(sums -> Arrays.equals(sums, expected));
    assertThat(ring).allMatch(collective -> collective.bytesSent() > length * 8L);
  }

  @Test
  void aSlowRankIsWaitedForWithoutLosingBytes() throws Exception {
    List<RingCollective> ring = ring(2, security("secret", false), Patience.standard());
    List<long[]> sums =
        onEveryRank(
            ring,
            collective -> {
              // More than the pieces in flight: the fast rank's bytes arrive before they are
              // wanted.
              long[] values = new long[4_000_000];
              Arrays.fill(values, collective.rank() + 1);
              if (collective.rank() == 1) {
                Thread.sleep(500);
              }
              collective.sum(values);
              return values;
            });
    assertThat(sums).allMatch(values -> Arrays.stream(values).allMatch(v -> v == 3));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aWrongSecretIsRefused(boolean encrypted) {
    SparkNetworkTransport server = listen(0, "attempt", security("right", encrypted));
    SparkNetworkTransport intruder = listen(1, "attempt", security("wrong", encrypted));
    assertThatThrownBy(() -> intruder.connect(HOST, server.port()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("no authenticated connection to");
    assertThatThrownBy(() -> server.exchange(Bytes.none(), Bytes.one()))
        .isInstanceOf(java.util.concurrent.TimeoutException.class);
  }

  /**
   * What a rank meets whose neighbour is killed: the attempt ends, and the next one may succeed.
   */
  @Test
  void aConnectionThatBreaksIsAnIoException() throws Exception {
    try (ServerSocket dying = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      CompletableFuture<Void> reset = CompletableFuture.runAsync(() -> resetOne(dying));
      SparkNetworkTransport transport = listen(1, "attempt", security("secret", false));
      assertThatThrownBy(() -> transport.connect(HOST, dying.getLocalPort()))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("no authenticated connection to " + HOST);
      reset.join();
    }
  }

  private static void resetOne(ServerSocket server) {
    try (Socket accepted = server.accept()) {
      accepted.setSoLinger(true, 0);
      accepted.getInputStream().read();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @ParameterizedTest
  @CsvSource({"earlier attempt,1", "attempt,0"})
  void aStalePeerAndAWrongRankAreRefused(String attempt, int rank) {
    SparkNetworkTransport server = listen(0, "attempt", security("secret", false));
    SparkNetworkTransport stale = listen(rank, attempt, security("secret", false));
    assertThatThrownBy(() -> stale.connect(HOST, server.port()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("not the previous rank of this attempt");
  }

  @Test
  void aRankThatLeavesEndsAllOthers() throws Exception {
    List<RingCollective> ring = ring(3, security("secret", false), Patience.standard());
    List<Object> ends =
        onEveryRank(
            ring,
            collective -> {
              if (collective.rank() == 1) {
                collective.close();
                return null;
              }
              return catchThrowableOfType(
                  SparkPeftException.class,
                  () -> {
                    try (collective) {
                      collective.sum(new long[1_000_000]);
                    }
                  });
            });
    for (int rank : new int[] {0, 2}) {
      SparkPeftException failure = (SparkPeftException) ends.get(rank);
      assertThat(failure.exitCode()).isEqualTo(ExitCode.TRY_AGAIN);
      assertThat(failure).hasMessageContaining("a neighbour in the ring was lost");
    }
  }

  private static <R> List<R> onEveryRank(List<RingCollective> ring, Work<R> work) throws Exception {
    ExecutorService ranks = Executors.newFixedThreadPool(ring.size());
    List<Callable<R>> calls = new ArrayList<>();
    for (RingCollective collective : ring) {
      calls.add(() -> work.run(collective));
    }
    List<R> results = new ArrayList<>();
    for (Future<R> result : ranks.invokeAll(calls)) {
      results.add(result.get());
    }
    ranks.shutdown();
    return results;
  }

  private interface Work<R> {
    R run(RingCollective collective) throws Exception;
  }

  private List<RingCollective> ring(int ranks, RingSecurity security, Patience patience)
      throws Exception {
    List<SparkNetworkTransport> ends = new ArrayList<>();
    for (int rank = 0; rank < ranks; rank++) {
      ends.add(SparkNetworkTransport.listen(rank, ranks, "attempt", HOST, security, patience));
    }
    transports.addAll(ends);
    for (int rank = 0; rank < ranks; rank++) {
      ends.get(rank).connect(HOST, ends.get((rank + 1) % ranks).port());
    }
    return ends.stream().map(RingCollective::new).toList();
  }

  private SparkNetworkTransport listen(int rank, String attempt, RingSecurity security) {
    Patience patience = new Patience(Duration.ofMillis(300), () -> false);
    SparkNetworkTransport end =
        SparkNetworkTransport.listen(rank, 2, attempt, HOST, security, patience);
    transports.add(end);
    return end;
  }

  private static RingSecurity security(String secret, boolean encrypted) {
    TransportConf conf =
        new TransportConf(
            "sparkpeft",
            new MapConfigProvider(
                Map.of(
                    "spark.network.crypto.enabled", Boolean.toString(encrypted),
                    "spark.network.crypto.saslFallback", "false",
                    "spark.network.auth.rpcTimeout", "10s")));
    return RingSecurity.of(
        conf,
        new SecretKeyHolder() {
          @Override
          public String getSaslUser(String appId) {
            return "user";
          }

          @Override
          public String getSecretKey(String appId) {
            return secret;
          }
        });
  }

  /** A transport's bytes that nobody looks at. */
  private record Bytes(long remaining)
      implements io.sparkpeft.collective.Transport.Outgoing,
          io.sparkpeft.collective.Transport.Incoming {
    static Bytes none() {
      return new Bytes(0);
    }

    static Bytes one() {
      return new Bytes(8);
    }

    @Override
    public void fill(java.nio.ByteBuffer piece) {
      throw new AssertionError("nothing to send");
    }

    @Override
    public void drain(java.nio.ByteBuffer piece) {
      throw new AssertionError("bytes without greeting");
    }
  }
}
