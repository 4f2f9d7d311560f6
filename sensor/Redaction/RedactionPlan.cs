using System.Collections.Frozen;
using System.Text.RegularExpressions;
using NetSniff.Config;

namespace NetSniff.Sensor.Redaction;

internal sealed record RedactionPattern(Regex Regex, byte[] Replacement, PatternCount Found);

/// <summary>What is to be made unreadable, compiled. Immutable: several threads share one.</summary>
public sealed class RedactionPlan
{
    // Names in lower case; what HTTP, OAuth, common frameworks and clouds call their secrets.
    private static readonly string[] s_credentialHeaders =
    [
        "authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key", "api-key", "apikey",
        "x-auth-token", "x-access-token", "x-csrf-token", "x-xsrf-token", "x-amz-security-token", "x-goog-api-key",
        "x-vault-token", "x-gitlab-token", "private-token", "x-hub-signature", "x-hub-signature-256",
        "sec-websocket-key", "x-forwarded-client-cert", "authentication-info", "x-session-id",
        "ocp-apim-subscription-key",
    ];

    private static readonly string[] s_credentialNames =
    [
        "access_token", "refresh_token", "id_token", "token", "auth_token", "authtoken", "api_key", "apikey",
        "api-key", "key", "password", "passwd", "pwd", "pass", "passphrase", "secret", "client_secret",
        "client_assertion", "assertion", "code_verifier", "session", "sessionid", "session_id", "sid", "jwt", "auth",
        "authorization", "credential", "credentials", "otp", "pin", "private_key", "jsessionid", "phpsessid",
    ];

    private static readonly string[] s_cloudNames =
    [
        "x-amz-signature", "x-amz-credential", "x-amz-security-token", "awsaccesskeyid", "signature", "sig",
        "x-goog-signature", "x-goog-credential", "x-ms-signature", "key-pair-id", "policy",
    ];

    private static readonly string[] s_cloudHeaders = ["x-amz-security-token", "x-goog-iam-authorization-token"];

    private readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> _headers;
    private readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> _parameters;
    private readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> _jsonFields;

    private RedactionPlan(
        IEnumerable<string> headers, IEnumerable<string> parameters, IEnumerable<string> jsonFields,
        IReadOnlyList<RedactionPattern> patterns, IReadOnlyList<RedactionPreset> presets)
    {
        _headers = Set(headers);
        _parameters = Set(parameters);
        _jsonFields = Set(jsonFields);
        Patterns = patterns;
        HidesCredentials = presets.Contains(RedactionPreset.Credentials);
        HidesPeople = presets.Contains(RedactionPreset.PersonalData);
        HidesCards = presets.Contains(RedactionPreset.PaymentCard);
        HidesCloudKeys = presets.Contains(RedactionPreset.CloudSignatures);
    }

    /// <summary>Nothing is hidden.</summary>
    public static RedactionPlan Nothing { get; } = new([], [], [], [], []);

    internal IReadOnlyList<RedactionPattern> Patterns { get; }

    internal bool HidesCredentials { get; }

    /// <summary>Neither people, cards nor keys of clouds, which letters and digits alone can be, nor patterns.
    /// </summary>
    internal bool LooksForCredentialsOnly => !HidesPeople && !HidesCards && !HidesCloudKeys && Patterns.Count == 0;

    internal bool HidesPeople { get; }

    internal bool HidesCards { get; }

    internal bool HidesCloudKeys { get; }

    /// <param name="tally">Where patterns are counted; null for nowhere.</param>
    public static RedactionPlan For(RedactionConfig config, PatternTally? tally = null)
    {
        ArgumentNullException.ThrowIfNull(config);
        if (config.Mode == RedactionMode.Disabled) return Nothing;

        var hasCredentials = config.Presets.Contains(RedactionPreset.Credentials);
        var hasCloud = config.Presets.Contains(RedactionPreset.CloudSignatures);
        string[] credentials = hasCredentials ? s_credentialNames : [];
        return new RedactionPlan(
            [.. config.Headers, .. hasCredentials ? s_credentialHeaders : [], .. hasCloud ? s_cloudHeaders : []],
            [.. config.QueryParameters, .. credentials, .. hasCloud ? s_cloudNames : []],
            [.. config.JsonFields, .. credentials],
            [.. config.Patterns.Select(pattern => Compile(pattern, tally?.Of(pattern.Name) ?? new PatternCount()))],
            config.Presets);
    }

    internal bool IsSecretHeader(ReadOnlySpan<char> name) => _headers.Contains(name);

    internal bool IsSecretParameter(ReadOnlySpan<char> name) => _parameters.Contains(name);

    internal bool IsSecretJsonField(ReadOnlySpan<char> name) => _jsonFields.Contains(name);

    private static FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> Set(IEnumerable<string> names) =>
        names.ToFrozenSet(StringComparer.OrdinalIgnoreCase).GetAlternateLookup<ReadOnlySpan<char>>();

    // Octets as the Latin-1 characters of their numbers, as the filter language has it; no backtracking, so the time
    // grows with the text alone.
    private static RedactionPattern Compile(PatternConfig pattern, PatternCount found) => new(
        new Regex(pattern.Regex, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant),
        System.Text.Encoding.UTF8.GetBytes(pattern.Replacement), found);
}
