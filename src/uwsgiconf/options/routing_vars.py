"""Variables and functions for routing rules."""

from __future__ import annotations

from typing import ClassVar


class _Templated:
    tpl: ClassVar[str] = "%s"

    def __init__(self, name: str | Var | Func) -> None:
        self.name = name

    def __str__(self) -> str:
        # A function of a variable is written with the variable's name alone.
        inner = self.name.bare() if isinstance(self.name, _Templated) else self.name
        return self.tpl.replace("%s", inner)

    def bare(self) -> str:
        """As it is written within another one: without the `${}` around it."""
        return str(self).removeprefix("${").removesuffix("}")


class Var(_Templated):
    """A variable that uWSGI replaces when a rule is applied.

    :param name: Its name.
    """


class Func(_Templated):
    """A function of a variable.

    :param name: The name of the variable.
    """


class VarGeoip(Var):
    """Where the client is, by its address; needs databases, see `Routing.set_geoip_params`.

    :param name: What to tell, one of the names below.
    """

    tpl = "${geoip[%s]}"

    #: Continent, two letters.
    CONTINENT = "continent"
    #: Country, two letters.
    COUNTRY_CODE = "country_code"
    #: Country, three letters.
    COUNTRY_CODE3 = "country_code3"
    #: Country, its name.
    COUNTRY_NAME = "country_name"
    #: Region, its code.
    REGION = "region"
    #: Region, its name.
    REGION_NAME = "region_name"
    #: City.
    CITY = "city"
    #: Postal code.
    POSTAL_CODE = "postal_code"
    #: Latitude.
    LATITUDE = "lat"
    #: Longitude.
    LONGITUDE = "lon"
    #: Market area, in the United States.
    DMA = "dma"
    #: Telephone area, in the United States.
    AREA = "area"

    #: What a database of countries can tell.
    vars_country: ClassVar[list[str]] = [COUNTRY_CODE, COUNTRY_CODE3, COUNTRY_NAME]
    #: What a database of cities can tell.
    vars_city: ClassVar[list[str]] = [
        CONTINENT,
        COUNTRY_CODE,
        COUNTRY_CODE3,
        COUNTRY_NAME,
        REGION,
        REGION_NAME,
        CITY,
        POSTAL_CODE,
        LATITUDE,
        LONGITUDE,
        DMA,
        AREA,
    ]


class VarRequest(Var):
    """A variable of the request.

    :param name: Its name, such as `PATH_INFO` or `REQUEST_METHOD`.
    """

    tpl = "${%s}"


class VarMetric(Var):
    """The value of a metric.

    :param name: Its name.
    """

    tpl = "${metric[%s]}"


class VarCookie(Var):
    """A cookie.

    :param name: Its name.
    """

    tpl = "${cookie[%s]}"


class VarQuery(Var):
    """A variable of the query.

    :param name: Its name.
    """

    tpl = "${qs[%s]}"


class VarUwsgi(Var):
    """Something about the instance.

    :param name: `wid` for the number of the worker, `pid` for its process number, `uuid` for a new unique identifier,
        `status` for the HTTP status.
    """

    tpl = "${uwsgi[%s]}"


class VarTime(Var):
    """The current time.

    :param name: `unix` for seconds since the epoch.
    """

    tpl = "${time[%s]}"


class VarHttptime(Var):
    """A time, as HTTP writes it.

    :param name: Seconds from now, an empty text for now.
    """

    tpl = "${httptime[%s]}"


class FuncMime(Func):
    """The MIME type of a name of a file.

    :param name: The name of the variable.
    """

    tpl = "${mime[%s]}"


class FuncMath(Func):
    """The result of a calculation; needs a uWSGI that was built with matheval.

    :param name: The calculation, such as `CONTENT_LENGTH+1`, with `+`, `-`, `*` and `/`.
    """

    tpl = "${math[%s]}"


class FuncBase64(Func):
    """A variable in base64.

    :param name: The name of the variable.
    """

    tpl = "${base64[%s]}"


class FuncHex(Func):
    """A variable in hexadecimal digits.

    :param name: The name of the variable.
    """

    tpl = "${hex[%s]}"


class FuncUpper(Func):
    """A variable in upper case.

    :param name: The name of the variable.
    """

    tpl = "${upper[%s]}"


class FuncLower(Func):
    """A variable in lower case.

    :param name: The name of the variable.
    """

    tpl = "${lower[%s]}"
