package io.sparkpeft.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class ArithmeticTest {
  @Test
  void isWrittenAndReadInOneLine() {
    Arithmetic arithmetic = new Arithmetic(Dtype.BFLOAT16, Product.ONEDNN, "avx2+avx512f");
    assertThat(arithmetic.text()).isEqualTo("bfloat16/onednn/avx2+avx512f");
    assertThat(Arithmetic.parse(arithmetic.text())).isEqualTo(arithmetic);
  }

  @Test
  void refusesWhatItDidNotWrite() {
    assertThatThrownBy(() -> Arithmetic.parse("float32"))
        .hasMessageContaining("'float32' does not name an arithmetic.");
    assertThatThrownBy(() -> new Arithmetic(Dtype.INT8, Product.PLAIN, ""))
        .hasMessageContaining("Cannot compute in int8.");
  }

  @Test
  void readsTheProcessorsDescription() {
    Processor processor =
        Processor.parse("vendor_id\t: AuthenticAMD\nflags\t\t: fpu avx2 avx512f avx512_bf16\n");
    assertThat(processor.instructionSet()).isEqualTo("avx2+avx512f+avx512_bf16");
    assertThat(processor.multipliesBfloat16()).isTrue();
    assertThat(processor.mklIsFast()).isFalse();
  }

  @Test
  void anUnknownProcessorHasABaseline() {
    assertThat(Processor.parse("").instructionSet()).isEqualTo("baseline");
  }
}
