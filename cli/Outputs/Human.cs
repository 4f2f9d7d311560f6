using System.Globalization;

namespace NetSniff.Cli.Outputs;

/// <summary>Quantities as people say them: `3.1ms`, `1.2k`.</summary>
internal static class Human
{
    private const double NanosPerMicro = 1e3;
    private const double NanosPerMilli = 1e6;
    private const double NanosPerSecond = 1e9;

    /// <summary>Two digits that count, and the unit that lets them be read.</summary>
    public static string Duration(long nanos)
    {
        var sign = nanos < 0 ? "-" : "";
        var length = Math.Abs((double)nanos);
        return sign + length switch
        {
            < NanosPerMicro => Text($"{length:0}ns"),
            < 10 * NanosPerMicro => Text($"{Floor(length / NanosPerMicro, 10):0.0}µs"),
            < NanosPerMilli => Text($"{Math.Floor(length / NanosPerMicro)}µs"),
            < 10 * NanosPerMilli => Text($"{Floor(length / NanosPerMilli, 10):0.0}ms"),
            < NanosPerSecond => Text($"{Math.Floor(length / NanosPerMilli)}ms"),
            < 60 * NanosPerSecond => Text($"{Floor(length / NanosPerSecond, 10):0.0}s"),
            _ => Clock((long)(length / NanosPerSecond)),
        };
    }

    /// <summary>Thousands, not 1024s: as networks count.</summary>
    public static string Size(double value)
    {
        if (value < 1000) return Text($"{Math.Floor(value)}");

        const string Units = "kMGTPE";
        var unit = -1;
        while (value >= 1000 && unit < Units.Length - 1)
        {
            value /= 1000;
            unit++;
        }

        return value < 10 ? Text($"{Floor(value, 10):0.0}{Units[unit]}") : Text($"{Math.Floor(value)}{Units[unit]}");
    }

    /// <summary>Whole numbers in groups of three: `1,234,567`.</summary>
    public static string Count(ulong value) => value.ToString("N0", CultureInfo.InvariantCulture);

    public static string Share(double part, double whole) => whole <= 0 ? "-" : Text($"{100 * part / whole:0.0}%");

    private static string Clock(long seconds) => seconds switch
    {
        < 3600 => Text($"{seconds / 60}m{seconds % 60:00}s"),
        < 86400 => Text($"{seconds / 3600}h{seconds / 60 % 60:00}m"),
        _ => Text($"{seconds / 86400}d{seconds / 3600 % 24:00}h"),
    };

    // Down, never up: 999.9 must not become the 1000 of the next unit.
    private static double Floor(double value, int steps) => Math.Floor(value * steps) / steps;

    private static string Text(FormattableString text) => FormattableString.Invariant(text);
}
