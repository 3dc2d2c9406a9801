package io.sparkpeft.tensor;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.lang.management.ManagementFactory;
import java.lang.reflect.Constructor;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Finds the classes that compute with Java's vectors. They are named in texts alone, since they are
 * compiled apart from the rest and cannot be loaded where the module jdk.incubator.vector is not
 * (Spark's launchers add it).
 */
public final class JavaVectors {
  private static final String LAST_COMPILER = "4";

  private JavaVectors() {}

  /**
   * An object of that class. Nothing without the module, with a Java whose version of it differs
   * too much, or where Java does not compile as well as it can.
   *
   * @param className of a class with a constructor of no arguments, which throws {@link
   *     UnsupportedOperationException} where the processor's registers are too narrow
   * @param trial what it must be able to do
   */
  public static <T> Optional<T> load(Class<T> type, String className, Consumer<T> trial) {
    try {
      if (!areCompiled()) {
        return Optional.empty();
      }
      Constructor<? extends T> constructor =
          Class.forName(className).asSubclass(type).getDeclaredConstructor();
      constructor.setAccessible(true);
      T found = constructor.newInstance();
      trial.accept(found);
      return Optional.of(found);
    } catch (ReflectiveOperationException
        | LinkageError
        | UnsupportedOperationException
        | IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /**
   * Only the last of HotSpot's compilers knows vectors; without it they are objects.
   *
   * @throws IllegalArgumentException if the JVM is another, which does not know the option
   */
  private static boolean areCompiled() {
    HotSpotDiagnosticMXBean machine =
        ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
    return machine == null
        || machine.getVMOption("TieredStopAtLevel").getValue().equals(LAST_COMPILER);
  }
}
