package io.sparkpeft.collective;

import java.io.IOException;
import java.util.concurrent.TimeoutException;

/**
 * All-reduce by a ring (Patarasuk and Yuan, 2009): every rank sends 2 (n - 1) / n of the vector,
 * whatever the number n of ranks. The vector is cut into n segments. In the first n - 1 rounds the
 * segments go round and are summed (reduce-scatter); in the next n - 1 rounds the finished segments
 * go round and are copied (all-gather).
 */
public final class RingCollective implements Collective {
  private final Transport transport;
  private long sums;
  private volatile boolean closed;

  public RingCollective(Transport transport) {
    this.transport = transport;
  }

  @Override
  public int rank() {
    return transport.rank();
  }

  @Override
  public int size() {
    return transport.size();
  }

  @Override
  public long bytesSent() {
    return transport.bytesSent();
  }

  @Override
  public void sum(long[] values) {
    if (closed) {
      throw CollectiveErrors.closed(transport);
    }
    sums++;
    try {
      reduceScatter(values);
      allGather(values);
      transport.flush();
    } catch (IOException e) {
      throw CollectiveErrors.peerLost(transport, sums, e);
    } catch (TimeoutException e) {
      throw CollectiveErrors.silent(transport, sums, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw CollectiveErrors.interrupted(transport, sums, e);
    }
  }

  /** Afterwards this rank's segment number rank + 1 is the sum over all ranks. */
  private void reduceScatter(long[] values)
      throws IOException, TimeoutException, InterruptedException {
    for (int k = 0; k < size() - 1; k++) {
      exchange(values, rank() - k, rank() - k - 1, k, true);
    }
  }

  private void allGather(long[] values) throws IOException, TimeoutException, InterruptedException {
    for (int k = 0; k < size() - 1; k++) {
      exchange(values, rank() + 1 - k, rank() - k, size() - 1 + k, false);
    }
  }

  private void exchange(long[] values, int sent, int received, int round, boolean add)
      throws IOException, TimeoutException, InterruptedException {
    RingHeader header = new RingHeader(sums, values.length, round);
    RingSegment.Sent outgoing =
        new RingSegment.Sent(header, values, start(sent, values), end(sent, values));
    RingSegment.Received incoming =
        new RingSegment.Received(
            header, values, start(received, values), end(received, values), add);
    transport.exchange(outgoing, incoming);
    if (incoming.foreign().isPresent()) {
      throw CollectiveErrors.outOfStep(transport, header, incoming.foreign().get());
    }
  }

  private int start(int segment, long[] values) {
    return (int) ((long) values.length * Math.floorMod(segment, size()) / size());
  }

  private int end(int segment, long[] values) {
    return (int) ((long) values.length * (Math.floorMod(segment, size()) + 1) / size());
  }

  @Override
  public void close() {
    closed = true;
    transport.close();
  }
}
