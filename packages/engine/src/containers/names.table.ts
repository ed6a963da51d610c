/** First words of names that the engine makes up. */
export const ADJECTIVES: readonly string[] =
  'agile amber ample apt balmy blithe brave bright brisk calm candid clever cosy crisp daring dapper deft eager earnest fair fleet fond frank fresh gentle glad golden grand hale handy hardy hearty honest humble jaunty jolly keen kind level limber lively loyal lucid lucky mellow merry mild modest neat nifty nimble noble patient placid plucky polite prime proud quick quiet ready robust rosy sage serene sharp silent silver sleek smart snug sober solid spry stable steady sterling stout sunny sure swift tidy tranquil trim trusty upbeat vivid warm wise witty zesty'.split(
    ' ',
  )

/** Second words: people who found, measured, sailed or built something. */
export const SURNAMES: readonly string[] =
  'amundsen ampere baret beaufort bering bernoulli bessel bouguer braun brunel carson cassini celsius cook dirac earhart erlang euclid faraday fermat fibonacci fourier foucault fresnel frisi galvani garrett germain goeppert halley harrison henson herschel hertz hevelius hooke humboldt huygens jansky joliot kamerlingh kovacs lagrange laplace lemaitre leavitt linnaeus magellan mercator merian mitchell montgolfier moray nansen napier nightingale noether oersted ohm ortelius pascal peary plimsoll poisson ramelli ricci roemer ross sabine scott seeley shackleton snell stephenson stevin sverdrup tasman tereshkova thales tinsley tycho vespucci volta watt wegener weierstrass whitworth wren zuse'.split(
    ' ',
  )
