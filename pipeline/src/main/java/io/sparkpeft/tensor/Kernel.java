package io.sparkpeft.tensor;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.IValueUtils;
import ai.djl.pytorch.jni.JniUtils;
import java.util.List;

/**
 * One function of {@code kernels/*.py}, to be called with tensors, lists of tensors, longs,
 * doubles, booleans, texts and lists of longs or doubles. Its results live in the given manager and
 * take no part in autograd.
 *
 * @param name of the function
 */
record Kernel(String name) {

  NDArray tensor(NDManager scope, Object... arguments) {
    try (IValue result = call(arguments)) {
      return result.toTensor((PtNDManager) scope);
    }
  }

  List<NDArray> tensors(NDManager scope, Object... arguments) {
    try (IValue result = call(arguments)) {
      return List.of(result.toTensorArray((PtNDManager) scope));
    }
  }

  /**
   * The same for a kernel that uses autograd: arguments are tensors, and the calling thread's
   * autograd is at work meanwhile.
   */
  List<NDArray> differentiated(NDManager scope, List<NDArray> arguments) {
    KernelObservation observation = KernelObservation.current();
    return observation.isNone()
        ? runWithAutograd(scope, arguments)
        : observation.observed(name, arguments.toArray(), () -> runWithAutograd(scope, arguments));
  }

  private List<NDArray> runWithAutograd(NDManager scope, List<NDArray> arguments) {
    NDList list = new NDList(arguments);
    NDArray method = scope.create(0f);
    method.setName("module_method:" + name);
    list.add(method);
    JniUtils.setGradMode(true);
    try {
      NDList results = IValueUtils.forward(KernelLibrary.module(), list, true);
      results.attach(scope);
      return List.copyOf(results);
    } finally {
      JniUtils.setGradMode(false);
      method.close();
    }
  }

  long number(Object... arguments) {
    try (IValue result = call(arguments)) {
      return result.toLong();
    }
  }

  private IValue call(Object... arguments) {
    KernelObservation observation = KernelObservation.current();
    return observation.isNone()
        ? run(arguments)
        : observation.observed(name, arguments, () -> run(arguments));
  }

  /** Calls it unobserved, as the observation itself must. */
  long unobservedNumber(Object... arguments) {
    try (IValue result = run(arguments)) {
      return result.toLong();
    }
  }

  private IValue run(Object... arguments) {
    IValue[] values = new IValue[arguments.length];
    try {
      for (int i = 0; i < values.length; i++) {
        values[i] = value(arguments[i]);
      }
      return IValueUtils.runMethod(KernelLibrary.module(), name, values);
    } finally {
      for (IValue value : values) {
        if (value != null) {
          value.close();
        }
      }
    }
  }

  private static IValue value(Object argument) {
    if (argument instanceof PtNDArray tensor) {
      return IValue.from(tensor);
    }
    if (argument instanceof Number number) {
      return number instanceof Double real
          ? IValue.from(real.doubleValue())
          : IValue.from(number.longValue());
    }
    if (argument instanceof Boolean flag) {
      return IValue.from(flag.booleanValue());
    }
    if (argument instanceof String text) {
      return IValue.from(text);
    }
    if (argument instanceof long[] numbers) {
      return IValue.listFrom(numbers);
    }
    if (argument instanceof double[] numbers) {
      return IValue.listFrom(numbers);
    }
    if (argument instanceof List<?> list) {
      return IValue.listFrom(list.toArray(PtNDArray[]::new));
    }
    throw new IllegalArgumentException("not an argument of a kernel: " + argument);
  }
}
