using NetSniff.Worker.Serve.Authorizing;

namespace NetSniff.Tests.Worker.Serve.Authorizing;

/// <summary>Knows whom a test lists: a token is its owner's name behind `token of `.</summary>
internal sealed class ListedAuthority : IAuthority
{
    private readonly HashSet<(string Name, Permission Permission)> _allowed = [];
    private readonly Lock _lock = new();
    private int _asks;

    /// <summary>Why it cannot be asked; null while it can.</summary>
    public string? Away { get; set; }

    /// <summary>Questions so far.</summary>
    public int Asks => Volatile.Read(ref _asks);

    public ListedAuthority Allow(string name, params ReadOnlySpan<Permission> permissions)
    {
        lock (_lock)
        {
            foreach (var permission in permissions) _allowed.Add((name, permission));
        }

        return this;
    }

    public void Forbid(string name)
    {
        lock (_lock) _allowed.RemoveWhere(one => one.Name == name);
    }

    public static string TokenOf(string name) => "token of " + name;

    public Task<Person?> WhoAsync(string token, CancellationToken cancel)
    {
        Interlocked.Increment(ref _asks);
        if (Away is { } why) throw new IOException(why);

        const string Start = "token of ";
        return Task.FromResult(token.StartsWith(Start, StringComparison.Ordinal)
            ? new Person(token[Start.Length..], "", [], new Dictionary<string, IReadOnlyList<string>>()) : null);
    }

    public Task<bool> MayAsync(Person person, Permission permission, CancellationToken cancel)
    {
        Interlocked.Increment(ref _asks);
        if (Away is { } why) throw new IOException(why);

        // As roles are: what is allowed everywhere is allowed in each namespace.
        lock (_lock)
        {
            return Task.FromResult(_allowed.Contains((person.Name, permission))
                || _allowed.Contains((person.Name, permission with { Namespace = "" })));
        }
    }
}
