using System.Globalization;

namespace NetSniff.Worker.Store.ClickHouse;

/// <summary>The server refused something, or did not answer.</summary>
internal sealed class ClickException(int code, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>No answer, or none that is one.</summary>
    public const int NoAnswer = 0;

    /// <summary>Not asked, for the password could not be read.</summary>
    public const int NoPassword = -1;

    // As the server numbers its errors (dbms/src/Common/ErrorCodes.cpp; they keep their numbers).
    private const int TimeoutExceeded = 159;
    private const int MemoryLimitExceeded = 241;
    private const string Mark = "DB::Exception: ";

    public int Code { get; } = code;

    public bool IsTimeout => Code == TimeoutExceeded;

    public bool IsMemory => Code == MemoryLimitExceeded;

    /// <summary>From the body of an answer, which old and new servers word differently: `Code: 62, e.displayText() =
    /// DB::Exception: why, e.what() = DB::Exception` and `Code: 62. DB::Exception: why. (NAME) (version …)`.</summary>
    public static ClickException Of(string body)
    {
        var text = body.Trim();
        var code = NoAnswer;
        if (text.StartsWith("Code: ", StringComparison.Ordinal))
        {
            var end = text.AsSpan(6).IndexOfAnyExceptInRange('0', '9');
            _ = int.TryParse(
                text.AsSpan(6, Math.Max(end, 0)), NumberStyles.None, CultureInfo.InvariantCulture, out code);
        }

        var start = text.IndexOf(Mark, StringComparison.Ordinal);
        if (start >= 0) text = text[(start + Mark.Length)..];
        var tail = text.IndexOf(", e.what()", StringComparison.Ordinal);
        if (tail < 0) tail = text.LastIndexOf(" (version ", StringComparison.Ordinal);
        return new ClickException(code, tail > 0 ? text[..tail] : text.Length > 0 ? text : "no reason given");
    }
}
