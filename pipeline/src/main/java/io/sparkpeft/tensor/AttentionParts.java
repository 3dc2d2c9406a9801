package io.sparkpeft.tensor;

import io.sparkpeft.tensor.HeadAttention.Shape;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * The heads and documents of one call of attention, and the parts in which it is computed.
 *
 * @param heads all of them
 * @param together key heads that are read together
 * @param lengths of the documents, which lie one after another
 * @param pasts keys before those of each document's own tokens
 */
record AttentionParts(Shape heads, int together, long[] lengths, long[] pasts) {

  int tokens() {
    return Math.toIntExact(Arrays.stream(lengths).sum());
  }

  /** The heads that are read together; in a document's last part there may be fewer. */
  Shape partHeads() {
    return new Shape(together, heads.groups(), heads.features());
  }

  /** All of one document come one after another. */
  void forEach(Consumer<Part> work) {
    int token = 0;
    int key = 0;
    for (int i = 0; i < lengths.length; i++) {
      int length = Math.toIntExact(lengths[i]);
      int past = Math.toIntExact(pasts[i]);
      for (int head = 0; head < heads.heads(); head += together) {
        int count = Math.min(together, heads.heads() - head);
        work.accept(new Part(this, head, count, token, length, key, past));
      }
      token += length;
      key += past + length;
    }
  }

  /**
   * One document and some of its key heads.
   *
   * @param firstHead of the key heads
   * @param heads key heads
   * @param firstToken of the document
   * @param length tokens of the document
   * @param firstKey of the document and what stands before it
   * @param past keys before those of its own tokens
   */
  record Part(
      AttentionParts all,
      int firstHead,
      int heads,
      int firstToken,
      int length,
      int firstKey,
      int past) {
    boolean isFirstOfDocument() {
      return firstHead == 0;
    }

    int keys() {
      return past + length;
    }

    /** Numbers of a key of these heads. */
    int keyWidth() {
      return heads * all.heads().features();
    }

    void forEachBlock(Consumer<Block> work) {
      for (int from = 0; from < length; from += HeadAttention.BLOCK) {
        work.accept(new Block(this, from));
      }
    }
  }

  /**
   * {@value HeadAttention#BLOCK} positions, or what is left of a document, of a part's heads.
   *
   * @param from its first token, counted from the document's
   */
  record Block(Part part, int from) {
    int firstHead() {
      return part.firstHead();
    }

    int token() {
      return part.firstToken() + from;
    }

    int rows() {
      return Math.min(HeadAttention.BLOCK, part.length() - from);
    }

    /** Keys before that of its first position. */
    int past() {
      return part.past() + from;
    }

    /** Queries of a position. */
    int queries() {
      return part.heads() * part.all().heads().groups();
    }

    /** Numbers of a position's queries or results. */
    int width() {
      return part.keyWidth() * part.all().heads().groups();
    }

    /** Where a query's statistic lies in [K, G, 2, N]. */
    int statistic(int query, int which) {
      int first = firstHead() * part.all().heads().groups();
      return ((first + query) * 2 + which) * part.all().tokens() + token();
    }
  }
}
