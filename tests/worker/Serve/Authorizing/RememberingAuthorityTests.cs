using NetSniff.Worker.Serve.Authorizing;

namespace NetSniff.Tests.Worker.Serve.Authorizing;

/// <summary>What was answered holds for a moment, and no longer.</summary>
public sealed class RememberingAuthorityTests : IDisposable
{
    private static readonly Permission s_shop = Permission.Flows("shop");

    private readonly ListedAuthority _people = new ListedAuthority().Allow("alice", s_shop);
    private readonly FakeClock _clock = new();
    private readonly RememberingAuthority _authority;

    public RememberingAuthorityTests() => _authority = new RememberingAuthority(_people, _clock);

    public void Dispose() => _authority.Dispose();

    [Fact]
    public async Task Yes_is_kept_for_thirty_seconds_and_no_for_five()
    {
        var alice = await WhoAsync("alice");
        await AskAsync(alice, isAllowed: true, asks: 2);
        _people.Forbid("alice");
        _clock.Advance(TimeSpan.FromSeconds(29));
        await AskAsync(alice, isAllowed: true, asks: 2);
        _clock.Advance(TimeSpan.FromSeconds(2));
        await AskAsync(alice, isAllowed: false, asks: 3);
        _people.Allow("alice", s_shop);
        _clock.Advance(TimeSpan.FromSeconds(4));
        await AskAsync(alice, isAllowed: false, asks: 3);
        _clock.Advance(TimeSpan.FromSeconds(2));
        await AskAsync(alice, isAllowed: true, asks: 4);
    }

    [Fact]
    public async Task Who_is_unknown_is_asked_for_once()
    {
        for (var time = 0; time < 10; time++) Assert.Null(await _authority.WhoAsync("made up", default));
        Assert.Equal(1, _people.Asks);
    }

    [Fact]
    public async Task Others_with_the_same_name_are_others()
    {
        var alice = await WhoAsync("alice");
        await MayAsync(alice, s_shop);
        var asks = _people.Asks;
        await MayAsync(alice with { Groups = ["admins"] }, s_shop);
        await MayAsync(alice with { Uid = "7" }, s_shop);
        await MayAsync(alice, Permission.Files("shop"));
        Assert.Equal(asks + 3, _people.Asks);
        Assert.NotEqual(
            (alice with { Groups = ["a", "b"] }).Key, (alice with { Groups = ["a\u001fb"] }).Key);
    }

    [Fact]
    public async Task What_could_not_be_answered_is_asked_again()
    {
        _people.Away = "away";
        await Assert.ThrowsAsync<IOException>(() => WhoAsync("alice"));
        _people.Away = null;
        Assert.Equal("alice", (await WhoAsync("alice")).Name);
    }

    private async Task<Person> WhoAsync(string name) =>
        (await _authority.WhoAsync(ListedAuthority.TokenOf(name), default))!;

    private Task<bool> MayAsync(Person person, Permission permission) =>
        _authority.MayAsync(person, permission, default);

    private async Task AskAsync(Person person, bool isAllowed, int asks)
    {
        Assert.Equal(isAllowed, await MayAsync(person, s_shop));
        Assert.Equal(asks, _people.Asks);
    }
}
