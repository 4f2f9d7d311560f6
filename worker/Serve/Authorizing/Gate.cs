using Grpc.Core;

namespace NetSniff.Worker.Serve.Authorizing;

/// <summary>What a path asks for.</summary>
internal enum Asked : byte
{
    /// <summary>Records and what is counted of them: can be narrowed to namespaces.</summary>
    Records,

    /// <summary>What tells of the whole store or of everybody's sensors.</summary>
    WholeStore,

    Packets,

    Sensors,

    /// <summary>What only workers ask each other.</summary>
    Relay,

    /// <summary>Files of sessions, which the operator has made and thrown away.</summary>
    Keep,
}

/// <summary>What came of somebody's wish to ask.</summary>
/// <param name="Refusal">Null when they may.</param>
internal readonly record struct Admission(Sight Sight, (StatusCode Code, string Text)? Refusal)
{
    public static Admission Of(Sight sight) => new(sight, null);

    public static Admission No(StatusCode code, string text) => new(Sight.Nothing, (code, text));
}

/// <summary>Lets in to what somebody may by the cluster's roles, and says what is missing where they may not.</summary>
/// <param name="authority">Null where certificates and secrets decide: those see all they do not narrow themselves.
/// </param>
internal sealed class Gate(IAuthority? authority)
{
    /// <param name="person">Null for who came with a certificate or a secret of ours.</param>
    public async Task<Admission> AdmitAsync(
        Person? person, Asked asked, IReadOnlyList<string> namespaces, CancellationToken cancel)
    {
        if (namespaces.Count > Sight.NamespacesMax)
        {
            return Admission.No(
                StatusCode.InvalidArgument, $"{namespaces.Count} namespaces: the most is {Sight.NamespacesMax}");
        }

        if (namespaces.FirstOrDefault(static name => !Sight.IsNamespace(name)) is { } odd)
        {
            var shown = odd.Length <= 63 ? odd : odd[..62] + "…";
            return Admission.No(StatusCode.InvalidArgument, $"'{shown}' is no name of a namespace");
        }

        return asked switch
        {
            Asked.Records => await NarrowAsync(person, Permission.Flows, namespaces, cancel).ConfigureAwait(false),
            Asked.Packets => await NarrowAsync(person, Permission.Files, namespaces, cancel).ConfigureAwait(false),
            Asked.WholeStore => await WholeAsync(person, Permission.Flows(""), cancel).ConfigureAwait(false),
            Asked.Sensors => await WholeAsync(person, Permission.Sensors, cancel).ConfigureAwait(false),
            _ => person is null
                ? Admission.Of(Sight.All)
                : Admission.No(StatusCode.PermissionDenied, asked == Asked.Keep
                    ? "files are made of CaptureSessions: apply one" : "only workers hand on tasks"),
        };
    }

    private async Task<Admission> NarrowAsync(
        Person? person, Func<string, Permission> permission, IReadOnlyList<string> namespaces,
        CancellationToken cancel)
    {
        if (person is null) return Admission.Of(namespaces is [] ? Sight.All : Sight.Of(namespaces));
        if (namespaces is [])
        {
            return await MayAsync(person, permission(""), cancel).ConfigureAwait(false)
                ? Admission.Of(Sight.All)
                : Denied(Missing.Everywhere(person, permission("")));
        }

        List<string> denied = [];
        foreach (var one in namespaces)
        {
            if (!await MayAsync(person, permission(one), cancel).ConfigureAwait(false)) denied.Add(one);
        }

        return denied is [] ? Admission.Of(Sight.Of(namespaces)) : Denied(Missing.In(person, permission, denied));
    }

    private async Task<Admission> WholeAsync(Person? person, Permission permission, CancellationToken cancel) =>
        person is null || await MayAsync(person, permission, cancel).ConfigureAwait(false)
            ? Admission.Of(Sight.All)
            : Denied(Missing.Whole(person, permission));

    private Task<bool> MayAsync(Person person, Permission permission, CancellationToken cancel) =>
        authority?.MayAsync(person, permission, cancel) ?? Task.FromResult(false);

    private static Admission Denied(string text) => Admission.No(StatusCode.PermissionDenied, text);
}
