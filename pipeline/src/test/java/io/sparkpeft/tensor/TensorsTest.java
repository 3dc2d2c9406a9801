package io.sparkpeft.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TensorsTest {
  private NDManager manager;

  @BeforeEach
  void open() {
    Engine.prepareThread();
    manager = Engine.newManager(Device.cpu());
  }

  @AfterEach
  void close() {
    manager.close();
  }

  @ParameterizedTest
  @EnumSource(Dtype.class)
  void readsAndWritesEveryType(Dtype dtype) {
    ByteBuffer bytes = direct(2 * 3 * dtype.bytes());
    for (int i = 0; i < bytes.capacity(); i++) {
      bytes.put(i, (byte) (i % 2));
    }
    NDArray tensor = Tensors.fromBytes(manager, bytes, dtype, 2, 3);
    assertThat(Tensors.dtype(tensor)).isEqualTo(dtype);
    assertThat(Tensors.toBytes(tensor)).isEqualTo(bytes);
  }

  @Test
  void sharesTheMemoryOfADirectBuffer() {
    ByteBuffer bytes = direct(16);
    NDArray tensor = Tensors.fromBytes(manager, bytes.slice(4, 8), Dtype.FLOAT32, 2);
    bytes.putFloat(8, 5);
    assertThat(tensor.toFloatArray()).containsExactly(0, 5);
  }

  @Test
  void roundsToTheNearestBfloat16() {
    NDArray fp32 = Tensors.fromFloats(manager, new float[] {1.004f, 1 + 3 / 256f, -3}, 3);
    NDArray bf16 = Tensors.cast(manager, fp32, Dtype.BFLOAT16);
    assertThat(Tensors.cast(manager, bf16, Dtype.FLOAT32).toFloatArray())
        .containsExactly(1.0078125f, 1.015625f, -3); // up; a tie, to even
  }

  @Test
  void aCastIsACopy() {
    NDArray first = Tensors.fromFloats(manager, new float[] {1, 2}, 2);
    NDArray second = Tensors.cast(manager, first, Dtype.FLOAT32);
    Tensors.copyFrom(first, new float[] {8, 9}, 0);
    assertThat(second.toFloatArray()).containsExactly(1, 2);
  }

  @Test
  void copiesToAndFromPartsOfAnArray() {
    NDArray tensor = Tensors.fromFloats(manager, new float[4], 2, 2);
    Tensors.copyFrom(tensor, new float[] {0, 1, 2, 3, 4}, 1);
    float[] target = new float[6];
    Tensors.copyTo(tensor, target, 2);
    assertThat(target).containsExactly(0, 0, 1, 2, 3, 4);
  }

  @Test
  void addsWithOneRounding() {
    NDArray w =
        Tensors.cast(manager, Tensors.fromFloats(manager, new float[] {1}, 1), Dtype.BFLOAT16);
    NDArray d = Tensors.fromFloats(manager, new float[] {0.004f}, 1);
    NDArray sum = Tensors.addScaled(manager, w, d, 1);
    assertThat(Tensors.dtype(sum)).isEqualTo(Dtype.BFLOAT16);
    assertThat(Tensors.cast(manager, sum, Dtype.FLOAT32).toFloatArray())
        .containsExactly(1.0078125f);
  }

  @Test
  void refusesBytesThatDoNotFit() {
    assertThatThrownBy(() -> Tensors.fromBytes(manager, direct(10), Dtype.FLOAT32, 3))
        .hasMessageContaining("10 bytes do not make a float32 tensor of shape [3].");
  }

  private static ByteBuffer direct(int bytes) {
    return ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
