/**
 * Counties that changed their code, as INCITS 31 numbers them. Source: US Census Bureau, "Substantial Changes to
 * Counties and County Equivalent Entities: 1970 to Present".
 *
 * The shapes are those of 2017. So an old code means the county that took its place, where that is the same ground;
 * and a code that came later is explained, for its ground is not known here: a set that has it can be loaded.
 */

/** An old code to the ones that cover exactly its ground now. */
export const RENAMED: Readonly<Record<string, readonly string[]>> = {
  // Wade Hampton Census Area, Alaska: Kusilvak Census Area since 1 July 2015.
  '02270': ['02158'],
  // Skagway-Hoonah-Angoon Census Area, Alaska: divided in two on 20 June 2007.
  '02232': ['02105', '02230'],
  // Dade County, Florida: Miami-Dade County since 22 July 1997.
  '12025': ['12086'],
  // Shannon County, South Dakota: Oglala Lakota County since 1 May 2015.
  '46113': ['46102'],
}

/** What came after the shapes at hand. */
export const LATER: readonly { readonly codes: RegExp; readonly detail: string }[] = [
  {
    codes: /^091[1-9]0$/,
    detail: 'is a planning region of Connecticut, which took the place of its counties in 2022',
  },
  {
    codes: /^020(63|66)$/,
    detail: 'is a part of what was Valdez-Cordova Census Area, Alaska (02261), until 2019',
  },
]
