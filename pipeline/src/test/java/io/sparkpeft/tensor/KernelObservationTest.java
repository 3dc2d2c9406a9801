package io.sparkpeft.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class KernelObservationTest {
  private final List<String> called = new ArrayList<>();
  private final KernelObserver observer =
      (kernel, arguments, nanoseconds) -> {
        assertThat(nanoseconds).isNotNegative();
        called.add(kernel + " of " + arguments.length);
      };
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

  @Test
  void tellsOfEveryCallUntilItIsClosed() {
    NDArray x = Tensors.fromFloats(manager, new float[] {1, 2}, 1, 2);
    try (KernelObservation observation = KernelObservation.begin(observer, Device.cpu())) {
      assertThat(observation.isNone()).isFalse();
      Tensors.matmul(manager, x, x.transpose());
      Tensors.addScaled(manager, x, x, 2);
    }
    Tensors.addScaled(manager, x, x, 2);
    assertThat(called).containsExactly("matmul of 2", "add_scaled of 3");
  }

  @Test
  void thereIsOneAtATime() {
    try (KernelObservation first = KernelObservation.begin(observer, Device.cpu())) {
      assertThatThrownBy(() -> KernelObservation.begin(observer, Device.cpu()))
          .isInstanceOf(IllegalStateException.class);
      assertThat(KernelObservation.current()).isSameAs(first);
    }
    assertThat(KernelObservation.current().isNone()).isTrue();
  }

  @Test
  void awaitingLooksAtAnyTensor() {
    Tensors.await(Tensors.fromFloats(manager, new float[0], 0, 3));
    Tensors.await(Tensors.fromFloats(manager, new float[] {Float.NaN}, 1, 1));
    Tensors.await(Tensors.fromBytes(manager, ByteBuffer.allocateDirect(2), Dtype.UINT8, 2));
  }
}
