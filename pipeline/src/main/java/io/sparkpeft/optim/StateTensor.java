package io.sparkpeft.optim;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.sparkpeft.tensor.Tensors;

/**
 * One tensor of an optimizer's state. It stays beside the adapter, or in a mapped file: a CPU
 * computes in the mapping itself, a GPU in a copy.
 *
 * @param home where it stays between updates
 */
record StateTensor(NDArray home) {

  /** The values on the adapter's device, to be changed in place by one update. */
  NDArray bringIn(NDManager scope) {
    if (isOn(scope.getDevice())) {
      return home;
    }
    NDArray copy = home.toDevice(scope.getDevice(), true);
    copy.attach(scope);
    return copy;
  }

  /** Keeps what an update made of the values brought in. */
  void takeBack(NDArray changed) {
    if (!isOn(changed.getDevice())) {
      Tensors.copyFrom(home, Tensors.toBytes(changed));
    }
  }

  private boolean isOn(Device device) {
    return home.getDevice().equals(device);
  }
}
