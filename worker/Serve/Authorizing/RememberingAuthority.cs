using System.Security.Cryptography;
using System.Text;

namespace NetSniff.Worker.Serve.Authorizing;

/// <summary>Asks another authority, and not again for a moment.</summary>
public sealed class RememberingAuthority : IAuthority, IDisposable
{
    /// <summary>Who lost a right keeps it for so long.</summary>
    public static readonly TimeSpan AllowedKept = TimeSpan.FromSeconds(30);

    /// <summary>Who was given one waits for so long.</summary>
    public static readonly TimeSpan DeniedKept = TimeSpan.FromSeconds(5);

    /// <summary>Questions at one time: strangers with made-up tokens must not flood the API server through us.
    /// </summary>
    public const int AsksMax = 16;

    private static readonly TimeSpan s_waitMax = TimeSpan.FromSeconds(5);

    private readonly IAuthority _inner;
    private readonly ReviewCache<Person?> _people;
    private readonly ReviewCache<bool> _permissions;
    private readonly SemaphoreSlim _places = new(AsksMax);

    public RememberingAuthority(IAuthority inner, TimeProvider clock)
    {
        _inner = inner;
        _people = new ReviewCache<Person?>(static person => Kept(person is not null), clock);
        _permissions = new ReviewCache<bool>(Kept, clock);
    }

    // Tokens are not kept, only what tells them apart.
    public Task<Person?> WhoAsync(string token, CancellationToken cancel) => _people.GetAsync(
        Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(token))),
        () => AskAsync(() => _inner.WhoAsync(token, CancellationToken.None)),
        cancel);

    public Task<bool> MayAsync(Person person, Permission permission, CancellationToken cancel) => _permissions.GetAsync(
        $"{permission}\u001f{person.Key}",
        () => AskAsync(() => _inner.MayAsync(person, permission, CancellationToken.None)),
        cancel);

    public void Dispose() => _places.Dispose();

    private async Task<T> AskAsync<T>(Func<Task<T>> ask)
    {
        if (!await _places.WaitAsync(s_waitMax).ConfigureAwait(false))
        {
            throw new IOException($"{AsksMax} questions who somebody is and what they may are waiting already");
        }

        try
        {
            return await ask().ConfigureAwait(false);
        }
        finally
        {
            _places.Release();
        }
    }

    private static TimeSpan Kept(bool isAllowed) => isAllowed ? AllowedKept : DeniedKept;
}
