package io.sparkpeft.tensor;

import java.util.Arrays;

/** What dropout drops of the rows of a block, while blocks are gone through one after another. */
final class DroppedPlaces {
  private final int[] places;
  private final int features;
  private int next;
  private int[] inBlock = new int[0];
  private int count;
  private float[] kept = new float[0];

  /**
   * @param places of a tensor, counted row-major, ascending
   * @param features of a row
   */
  DroppedPlaces(int[] places, int features) {
    this.places = places;
    this.features = features;
  }

  /** To the rows behind those of the last call, or to the first ones. */
  void moveTo(int first, int rows, int stride) {
    int begin = next;
    next = indexOf((first + rows) * features);
    count = next - begin;
    if (inBlock.length < count) {
      inBlock = new int[2 * count];
      kept = new float[2 * count];
    }
    if (stride == features) {
      moveTogether(begin, first * features);
    } else {
      moveByRows(begin, first, rows, stride);
    }
  }

  /** Of the first place from there on. */
  private int indexOf(int place) {
    int found = Arrays.binarySearch(places, next, places.length, place);
    return found < 0 ? -found - 1 : found;
  }

  private void moveTogether(int begin, int firstPlace) {
    for (int i = 0; i < count; i++) {
      inBlock[i] = places[begin + i] - firstPlace;
    }
  }

  private void moveByRows(int begin, int first, int rows, int stride) {
    int i = 0;
    for (int row = 0; row < rows; row++) {
      int behind = (first + row + 1) * features;
      int shift = row * stride - (first + row) * features;
      for (; i < count && places[begin + i] < behind; i++) {
        inBlock[i] = places[begin + i] + shift;
      }
    }
  }

  /** Drops them. */
  void zero(float[] block) {
    for (int i = 0; i < count; i++) {
      block[inBlock[i]] = 0;
    }
  }

  /** Remembers what is there, for {@link #restore}. */
  void keep(float[] block) {
    for (int i = 0; i < count; i++) {
      kept[i] = block[inBlock[i]];
    }
  }

  /** Takes back what was written there meanwhile. */
  void restore(float[] block) {
    for (int i = 0; i < count; i++) {
      block[inBlock[i]] = kept[i];
    }
  }
}
