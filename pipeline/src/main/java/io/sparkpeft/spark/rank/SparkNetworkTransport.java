package io.sparkpeft.spark.rank;

import io.sparkpeft.collective.Patience;
import io.sparkpeft.collective.Transport;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import org.apache.spark.network.TransportContext;
import org.apache.spark.network.client.TransportClient;
import org.apache.spark.network.client.TransportClientFactory;
import org.apache.spark.network.server.TransportServer;

/**
 * A ring over Spark's own network library, authenticated always and encrypted as the application
 * is. Made in two steps, for all ranks must listen before any connects.
 */
final class SparkNetworkTransport implements Transport {
  private static final Duration GREETING = Duration.ofSeconds(30);

  private final int rank;
  private final int size;
  private final String attemptId;
  private final Patience patience;
  private final Inbox inbox = new Inbox();
  private final Outbox outbox = new Outbox();
  private final TransportContext context;
  private final TransportServer server;
  private final TransportClientFactory clients;
  private long bytesSent;

  private SparkNetworkTransport(
      int rank, int size, String attemptId, String host, RingSecurity security, Patience patience) {
    this.rank = rank;
    this.size = size;
    this.attemptId = attemptId;
    this.patience = patience;
    int previous = (rank + size - 1) % size;
    context =
        new TransportContext(
            security.conf(), new RingHandler(greeting(attemptId, previous), inbox));
    server = context.createServer(host, 0, security.serverBootstraps());
    clients = context.createClientFactory(security.clientBootstraps());
  }

  /**
   * Listens on a free port of the host for the previous rank.
   *
   * @param attemptId what all ranks of this attempt share, and no other attempt's
   */
  static SparkNetworkTransport listen(
      int rank, int size, String attemptId, String host, RingSecurity security, Patience patience) {
    return new SparkNetworkTransport(rank, size, attemptId, host, security, patience);
  }

  int port() {
    return server.getPort();
  }

  /**
   * Connects to the next rank.
   *
   * @throws IOException if it is not there, or refuses the secret or the greeting
   */
  void connect(String host, int port) throws IOException, InterruptedException {
    TransportClient next = reach(host, port);
    outbox.open(next);
    try {
      next.sendRpcSync(greeting(attemptId, rank), GREETING.toMillis());
    } catch (RuntimeException e) {
      throw new IOException("the next rank refused the greeting: " + e.getMessage(), e);
    }
  }

  /** Spark's authentication throws unchecked what it meets, a connection that breaks as well. */
  private TransportClient reach(String host, int port) throws IOException, InterruptedException {
    try {
      return clients.createUnmanagedClient(host, port);
    } catch (RuntimeException e) {
      throw new IOException(
          "no authenticated connection to " + host + ":" + port + ": " + e.getMessage(), e);
    }
  }

  private static ByteBuffer greeting(String attemptId, int rank) {
    return ByteBuffer.wrap((attemptId + "/" + rank).getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public int rank() {
    return rank;
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public long bytesSent() {
    return bytesSent;
  }

  @Override
  public void exchange(Outgoing outgoing, Incoming incoming)
      throws IOException, TimeoutException, InterruptedException {
    Patience.Wait wait = patience.begin();
    inbox.want(incoming);
    while (outgoing.remaining() > 0) {
      send(outgoing, outbox.take(wait, inbox));
      wait.moved();
    }
    inbox.await(incoming, wait);
  }

  private void send(Outgoing outgoing, ByteBuffer piece) throws IOException {
    outgoing.fill(piece);
    piece.flip();
    bytesSent += piece.remaining();
    outbox.send(piece);
  }

  @Override
  public void flush() throws IOException, TimeoutException, InterruptedException {
    outbox.flush(patience.begin());
  }

  @Override
  public void close() {
    outbox.close();
    inbox.close();
    clients.close();
    server.close();
    context.close();
  }
}
