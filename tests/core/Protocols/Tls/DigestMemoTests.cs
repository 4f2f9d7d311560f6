using System.Security.Cryptography;
using System.Text;
using NetSniff.Protocols.Tls;

namespace NetSniff.Tests.Protocols.Tls;

public class DigestMemoTests
{
    [Fact]
    public void A_text_has_its_own_digest_however_many_others_come_between()
    {
        for (var round = 0; round < 3; round++)
        {
            for (var number = 0; number < 500; number++)
            {
                // Of the same length, some with the same sum: they take one another's place.
                var rest = new string('1', number);
                var text = Encoding.ASCII.GetBytes($"{number % 7}{number:D3},{4865 + number % 3},{rest}");
                if (!DigestMemo.Sha256.TryFind(text, out var digest)) SHA256.HashData(text, digest);
                Assert.Equal(SHA256.HashData(text), digest.ToArray());
            }
        }

        var again = "771,4865-4866,0-23"u8;
        if (!DigestMemo.Sha256.TryFind(again, out var first)) SHA256.HashData(again, first);
        Assert.True(DigestMemo.Sha256.TryFind(again, out var second));
        Assert.Equal(SHA256.HashData(again), second.ToArray());
        Assert.Equal(32, first.Length);
    }

    [Fact]
    public void A_long_text_is_never_found()
    {
        var text = new byte[513];
        Assert.False(DigestMemo.Md5.TryFind(text, out var digest));
        digest.Fill(1);
        Assert.False(DigestMemo.Md5.TryFind(text, out _));
    }
}
