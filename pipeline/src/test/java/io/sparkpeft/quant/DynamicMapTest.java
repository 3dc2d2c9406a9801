package io.sparkpeft.quant;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkpeft.base.Sha256;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;

class DynamicMapTest {

  @Test
  void signedHasTheBitsOfBitsandbytes() {
    assertThat(sha256(DynamicMap.signed()))
        .isEqualTo("e732639a65f497b4ad684bb166a4467708255edd5207757de8b8f0c7e1fda89c");
  }

  @Test
  void unsignedHasTheBitsOfBitsandbytes() {
    assertThat(sha256(DynamicMap.unsigned()))
        .isEqualTo("305f002cc11278fb769d13b25b9fd0c7c83c8402c40a878fe086f4039fde6398");
  }

  @Test
  void zeroStandsAmongTheSignedValuesAndFirstAmongTheUnsigned() {
    assertThat(DynamicMap.signed()).hasSize(256).isSorted().endsWith(0.99296874f, 1f);
    assertThat(DynamicMap.signed()[127]).isZero();
    assertThat(DynamicMap.signed()[0]).isEqualTo(-0.99296874f);
    assertThat(DynamicMap.unsigned()).hasSize(256).isSorted().startsWith(0f).endsWith(1f);
  }

  private static String sha256(float[] values) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    return Sha256.of(bytes.array());
  }
}
