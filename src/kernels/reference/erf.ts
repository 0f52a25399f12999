// The complementary error function in double precision, within 7e-16 of its value, tails included. Rational
// approximations of W. J. Cody, "Rational Chebyshev approximations for the error function", Math. Comp. 23 (1969),
// with the coefficients of his CALERF (netlib, SPECFUN) as doubles.

// Written out instead of loops over coefficients: an activation calls it for every element.

/** erf x / x of z = x², for |x| <= 0.46875. */
function nearZero(z: number): number {
  const top =
    (((0.18577770618460315 * z + 3.1611237438705655) * z + 113.86415415105016) * z + 377.485237685302) * z +
    3209.3775891384694
  const bottom = (((z + 23.601290952344122) * z + 244.02463793444417) * z + 1282.6165260773723) * z + 2844.236833439171
  return top / bottom
}

/** e^(y²) · erfc y, for 0.46875 <= y <= 4. */
function middle(y: number): number {
  let top = 2.1531153547440383e-8 * y + 0.5641884969886701
  top = (top * y + 8.883149794388377) * y + 66.11919063714163
  top = (top * y + 298.6351381974001) * y + 881.952221241769
  top = (top * y + 1712.0476126340707) * y + 2051.0783778260716
  top = top * y + 1230.3393547979972
  let bottom = (y + 15.744926110709835) * y + 117.6939508913125
  bottom = (bottom * y + 537.1811018620099) * y + 1621.3895745666903
  bottom = (bottom * y + 3290.7992357334597) * y + 4362.619090143247
  bottom = (bottom * y + 3439.3676741437216) * y + 1230.3393548037495
  return top / bottom
}

/** e^(y²) · erfc y, for y > 4. */
function far(y: number): number {
  const z = 1 / (y * y)
  let top = (0.016315387137302097 * z + 0.30532663496123236) * z + 0.36034489994980445
  top = ((top * z + 0.12578172611122926) * z + 0.016083785148742275) * z + 0.0006587491615298378
  let bottom = (z + 2.568520192289822) * z + 1.8729528499234604
  bottom = ((bottom * z + 0.5279051029514285) * z + 0.06051834131244132) * z + 0.0023352049762686918
  return (0.5641895835477563 - (z * top) / bottom) / y
}

/** erfc x = 1 - erf x = 2/√π · ∫ from x of e^(-t²). */
export function erfc(x: number): number {
  const y = Math.abs(x)
  if (y <= 0.46875) return 1 - x * nearZero(x * x)
  if (y > 27) return x < 0 ? 2 : 0
  // e^(-y²) from a y rounded to 1/16, whose square is exact, and the rest: y² itself would lose y² · 1e-16.
  const coarse = Math.floor(y * 16) / 16
  const tail = Math.exp(-coarse * coarse) * Math.exp(-(y - coarse) * (y + coarse)) * (y <= 4 ? middle(y) : far(y))
  return x < 0 ? 2 - tail : tail
}
