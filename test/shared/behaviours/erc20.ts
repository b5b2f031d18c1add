import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { expect } from "chai";
import { MaxUint256, ZeroAddress } from "ethers";

import type { ERC20Permit } from "../../../typechain-types";
import { loadFixture } from "../fixture";

/** An ERC-20 with two holders, of whom the first has at least three units, and one who has none. */
export interface ERC20World {
  readonly token: ERC20Permit;
  readonly holder: HardhatEthersSigner;
  readonly otherHolder: HardhatEthersSigner;
  readonly newcomer: HardhatEthersSigner;
  readonly spender: HardhatEthersSigner;
}

/** Amounts to move, as parts of a balance. */
const PARTS: readonly { title: string; of: (balance: bigint) => bigint }[] = [
  { title: "one unit", of: () => 1n },
  { title: "a third of the balance", of: (balance) => balance / 3n },
  { title: "the whole balance", of: (balance) => balance },
];

/** Amounts that no holder has. */
const EXCESSES: readonly { title: string; of: (balance: bigint) => bigint }[] = [
  { title: "one unit more than the balance", of: (balance) => balance + 1n },
  { title: "2^208 units", of: () => 2n ** 208n },
  { title: "2^256 - 1 units", of: () => MaxUint256 },
];

/** EIP-20 seen from outside: nothing here knows of shares. Roles and indexes are the fixture's. */
export function shouldBehaveLikeERC20(
  fixture: () => Promise<ERC20World>,
  expected: { name: string; symbol: string; decimals: bigint; refusesItself: boolean },
): void {
  const itself = expected.refusesItself ? " and the token itself" : "";
  const refusedBy = async ({ token }: ERC20World): Promise<string[]> =>
    expected.refusesItself ? [ZeroAddress, await token.getAddress()] : [ZeroAddress];

  it("has a name, a symbol and decimals", async () => {
    const { token } = await loadFixture(fixture);
    expect(await token.name()).to.equal(expected.name);
    expect(await token.symbol()).to.equal(expected.symbol);
    expect(await token.decimals()).to.equal(expected.decimals);
  });

  describe("balanceOf and totalSupply", () => {
    it("gives an account that never received anything a balance of 0", async () => {
      const { token, newcomer } = await loadFixture(fixture);
      expect(await token.balanceOf(newcomer)).to.equal(0n);
    });

    it("covers the balances with the supply, within one unit for each holder [A10, I2]", async () => {
      const { token, holder, otherHolder, spender } = await loadFixture(fixture);
      const holders = [holder, otherHolder, spender];
      const balances = await Promise.all(holders.map((account) => token.balanceOf(account)));
      const sum = balances.reduce((total, balance) => total + balance, 0n);
      expect(sum).to.be.greaterThan(0n);
      expect(await token.totalSupply()).to.be.within(sum, sum + BigInt(holders.length) - 1n);
    });
  });

  describe("transfer", () => {
    for (const to of ["otherHolder", "newcomer"] as const) {
      for (const part of PARTS) {
        const receiver = to === "newcomer" ? "a newcomer" : "another holder";
        it(`moves exactly ${part.title} to ${receiver} [A3, A12, I3]`, async () => {
          const world = await loadFixture(fixture);
          const { token, holder, spender } = world;
          const amount = part.of(await token.balanceOf(holder));
          const supply = await token.totalSupply();
          expect(await token.connect(holder).transfer.staticCall(world[to], amount)).to.equal(true);

          const transfer = await token.connect(holder).transfer(world[to], amount);

          await expect(transfer).to.changeTokenBalances(
            token,
            [holder, world[to], spender],
            [-amount, amount, 0n],
          );
          await expect(transfer)
            .to.emit(token, "Transfer")
            .withArgs(holder.address, world[to].address, amount);
          expect(await token.totalSupply()).to.equal(supply);
        });
      }
    }

    it('MUST treat a transfer of 0 "as normal" and fire its event', async () => {
      const { token, holder, newcomer } = await loadFixture(fixture);
      for (const sender of [holder, newcomer]) {
        const transfer = await token.connect(sender).transfer(newcomer, 0n);
        await expect(transfer)
          .to.emit(token, "Transfer")
          .withArgs(sender.address, newcomer.address, 0n);
        await expect(transfer).to.changeTokenBalances(token, [holder, newcomer], [0n, 0n]);
      }
    });

    for (const part of PARTS) {
      it(`leaves a holder who sends ${part.title} to itself unchanged [A11, I4]`, async () => {
        const { token, holder } = await loadFixture(fixture);
        const amount = part.of(await token.balanceOf(holder));
        const transfer = await token.connect(holder).transfer(holder, amount);
        await expect(transfer).to.changeTokenBalance(token, holder, 0n);
        await expect(transfer)
          .to.emit(token, "Transfer")
          .withArgs(holder.address, holder.address, amount);
      });
    }

    for (const excess of EXCESSES) {
      it(`SHOULD throw on ${excess.title}, whoever receives it [A7]`, async () => {
        const { token, holder, otherHolder, newcomer } = await loadFixture(fixture);
        for (const sender of [holder, newcomer]) {
          const balance = await token.balanceOf(sender);
          const amount = excess.of(balance);
          for (const receiver of [otherHolder, sender]) {
            await expect(token.connect(sender).transfer(receiver, amount))
              .to.be.revertedWithCustomError(token, "ERC20InsufficientBalance")
              .withArgs(sender.address, balance, amount);
          }
        }
      });
    }

    it(`refuses the zero address${itself} as receivers [B6]`, async () => {
      const world = await loadFixture(fixture);
      const { token, holder } = world;
      for (const receiver of await refusedBy(world)) {
        for (const amount of [0n, 1n]) {
          await expect(token.connect(holder).transfer(receiver, amount))
            .to.be.revertedWithCustomError(token, "ERC20InvalidReceiver")
            .withArgs(receiver);
        }
      }
    });
  });

  describe("approve", () => {
    it("lets the spender withdraw up to the amount, whatever was allowed before [B3]", async () => {
      const { token, newcomer, spender } = await loadFixture(fixture);
      for (const amount of [5n, 3n, MaxUint256, 0n]) {
        const approve = token.connect(newcomer).approve;
        expect(await approve.staticCall(spender, amount)).to.equal(true);
        await expect(approve(spender, amount))
          .to.emit(token, "Approval")
          .withArgs(newcomer.address, spender.address, amount);
        expect(await token.allowance(newcomer, spender)).to.equal(amount);
        expect(await token.allowance(spender, newcomer)).to.equal(0n);
      }
    });

    it("refuses the zero address as spender", async () => {
      const { token, holder } = await loadFixture(fixture);
      await expect(token.connect(holder).approve(ZeroAddress, 1n))
        .to.be.revertedWithCustomError(token, "ERC20InvalidSpender")
        .withArgs(ZeroAddress);
    });
  });

  describe("transferFrom", () => {
    for (const to of ["otherHolder", "newcomer", "spender"] as const) {
      for (const part of PARTS) {
        it(`moves exactly ${part.title} to the ${to} and reduces the allowance by it [I3]`, async () => {
          const world = await loadFixture(fixture);
          const { token, holder, spender } = world;
          const amount = part.of(await token.balanceOf(holder));
          await token.connect(holder).approve(spender, amount + 1n);
          const transferFrom = token.connect(spender).transferFrom;
          expect(await transferFrom.staticCall(holder, world[to], amount)).to.equal(true);

          const transfer = await transferFrom(holder, world[to], amount);

          await expect(transfer).to.changeTokenBalances(
            token,
            [holder, world[to]],
            [-amount, amount],
          );
          await expect(transfer)
            .to.emit(token, "Transfer")
            .withArgs(holder.address, world[to].address, amount);
          expect(await token.allowance(holder, spender)).to.equal(1n);
        });
      }
    }

    it("treats 2^256 - 1 as an infinite allowance [B2, I11]", async () => {
      const { token, holder, otherHolder, spender } = await loadFixture(fixture);
      await token.connect(holder).approve(spender, MaxUint256);
      const balance = await token.balanceOf(holder);
      const transfer = token.connect(spender).transferFrom(holder, otherHolder, balance);
      await expect(transfer).not.to.emit(token, "Approval");
      expect(await token.allowance(holder, spender)).to.equal(MaxUint256);
    });

    it('MUST treat a transfer of 0 "as normal", without any allowance', async () => {
      const { token, holder, otherHolder, spender } = await loadFixture(fixture);
      const transfer = await token.connect(spender).transferFrom(holder, otherHolder, 0n);
      await expect(transfer)
        .to.emit(token, "Transfer")
        .withArgs(holder.address, otherHolder.address, 0n);
      await expect(transfer).to.changeTokenBalances(token, [holder, otherHolder], [0n, 0n]);
    });

    it("spends the allowance on a transfer from the holder to itself", async () => {
      const { token, holder, spender } = await loadFixture(fixture);
      await token.connect(holder).approve(spender, 3n);
      const transfer = await token.connect(spender).transferFrom(holder, holder, 2n);
      await expect(transfer).to.changeTokenBalance(token, holder, 0n);
      expect(await token.allowance(holder, spender)).to.equal(1n);
    });

    it("SHOULD throw without sufficient authorisation, one unit short or without any [I10]", async () => {
      const { token, holder, otherHolder, spender } = await loadFixture(fixture);
      for (const allowed of [0n, 2n]) {
        await token.connect(holder).approve(spender, allowed);
        const amount = allowed + 1n;
        await expect(token.connect(spender).transferFrom(holder, otherHolder, amount))
          .to.be.revertedWithCustomError(token, "ERC20InsufficientAllowance")
          .withArgs(spender.address, allowed, amount);
      }
    });

    it("requires an allowance even from the holder", async () => {
      const { token, holder, otherHolder } = await loadFixture(fixture);
      await expect(token.connect(holder).transferFrom(holder, otherHolder, 1n))
        .to.be.revertedWithCustomError(token, "ERC20InsufficientAllowance")
        .withArgs(holder.address, 0n, 1n);
    });

    for (const excess of EXCESSES) {
      it(`throws on ${excess.title} despite the allowance, and keeps it`, async () => {
        const { token, holder, otherHolder, spender } = await loadFixture(fixture);
        const balance = await token.balanceOf(holder);
        const amount = excess.of(balance);
        await token.connect(holder).approve(spender, amount);
        await expect(token.connect(spender).transferFrom(holder, otherHolder, amount))
          .to.be.revertedWithCustomError(token, "ERC20InsufficientBalance")
          .withArgs(holder.address, balance, amount);
        expect(await token.allowance(holder, spender)).to.equal(amount);
      });
    }

    it(`refuses the zero address${itself} as receivers`, async () => {
      const world = await loadFixture(fixture);
      const { token, holder, spender } = world;
      await token.connect(holder).approve(spender, 1n);
      for (const receiver of await refusedBy(world)) {
        await expect(token.connect(spender).transferFrom(holder, receiver, 1n))
          .to.be.revertedWithCustomError(token, "ERC20InvalidReceiver")
          .withArgs(receiver);
      }
    });

    it("refuses the zero address as the holder", async () => {
      const { token, spender } = await loadFixture(fixture);
      await expect(token.connect(spender).transferFrom(ZeroAddress, spender, 0n))
        .to.be.revertedWithCustomError(token, "ERC20InvalidApprover")
        .withArgs(ZeroAddress);
    });
  });
}
