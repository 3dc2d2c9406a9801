package io.sparkpeft.collective;

import java.nio.ByteBuffer;
import java.nio.LongBuffer;
import java.util.Optional;

/** The elements from..to of a vector, behind a header, as little-endian bytes of the ring. */
abstract sealed class RingSegment {
  final long[] values;
  final int end;
  int position;

  /** The header's elements and how many of them are through. */
  final long[] header;

  int headerPosition;

  RingSegment(long[] header, long[] values, int from, int end) {
    this.header = header;
    this.values = values;
    this.position = from;
    this.end = end;
  }

  public long remaining() {
    return (long) (header.length - headerPosition + end - position) * Long.BYTES;
  }

  /** A segment that is read. */
  static final class Sent extends RingSegment implements Transport.Outgoing {
    Sent(RingHeader header, long[] values, int from, int end) {
      super(header.elements(), values, from, end);
    }

    @Override
    public void fill(ByteBuffer piece) {
      LongBuffer elements = piece.asLongBuffer();
      while (headerPosition < header.length && elements.hasRemaining()) {
        elements.put(header[headerPosition++]);
      }
      int count = Math.min(end - position, elements.remaining());
      elements.put(values, position, count);
      position += count;
      piece.position(piece.position() + elements.position() * Long.BYTES);
    }
  }

  /** A segment that is overwritten by what arrives, or added to. */
  static final class Received extends RingSegment implements Transport.Incoming {
    private static final int BLOCK = 4096;

    private final RingHeader expected;
    private final boolean add;
    private final long[] block = new long[BLOCK];
    private Optional<RingHeader> foreign = Optional.empty();

    Received(RingHeader expected, long[] values, int from, int end, boolean add) {
      super(new long[expected.elements().length], values, from, end);
      this.expected = expected;
      this.add = add;
    }

    /** The header that came instead of the expected one; then no element was taken. */
    Optional<RingHeader> foreign() {
      return foreign;
    }

    @Override
    public void drain(ByteBuffer piece) {
      LongBuffer elements = piece.asLongBuffer();
      while (headerPosition < header.length && elements.hasRemaining()) {
        header[headerPosition++] = elements.get();
        checkHeader();
      }
      int count = Math.min(end - position, elements.remaining());
      if (add) {
        addFrom(elements, count);
      } else {
        elements.get(values, position, count);
      }
      position += count;
      piece.position(piece.position() + elements.position() * Long.BYTES);
    }

    private void checkHeader() {
      if (headerPosition == header.length && !RingHeader.of(header).equals(expected)) {
        foreign = Optional.of(RingHeader.of(header));
        position = end;
      }
    }

    private void addFrom(LongBuffer elements, int count) {
      for (int done = 0; done < count; done += BLOCK) {
        int size = Math.min(BLOCK, count - done);
        elements.get(block, 0, size);
        FixedPoint.accumulate(block, values, position + done, size);
      }
    }
  }
}
